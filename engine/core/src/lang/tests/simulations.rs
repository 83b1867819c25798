//! Simulations, and how adapters behave in them: what is told of how they are written, and what of it is no part of a definition.

use super::*;

const WEEK: &str = "simulation: week
description: A busy week
of: [order]
given: {clock: 2026-03-02 08:00, people: {ann: [clerk]}}
arrivals:
  counter: {start: order, every: {mean: 12m}, hours: shop, times: 40, as: ann, with: {size: 3}}
  post: {every: 4h..8h}
durations: {check: 20m, pack: {least: 5m, likely: 10m, most: 1h}, carrier.ship: 1d..3d}
choices: {check: {OK: 9, REDO: {weight: 1, with: {why: torn}, reason: again}}}
staff: {clerk: 3, packer: {people: 2, hours: shop, skills: [glass]}, boss: [{people: 1, unit: A}, {people: 2, unit: B}]}
adapters: {carrier.ship: {after: 1d, returns: {tracking: T}, fails: {too_busy: 5%, temporary: 2.5%}}}
until: 10d
seed: 7
";

#[test]
fn every_key_of_a_simulation_has_its_shape() {
    assert_eq!(told(WEEK), "");
    let check = |part: &str, by: &str, expected: &str| {
        assert!(WEEK.contains(part), "{part}");
        assert_eq!(told(&WEEK.replace(part, by)), expected, "{by}");
    };
    check(
        "description: A busy week",
        "description: [A]",
        "SW-0202 ‹[A]› `description` takes text, and here stands a list",
    );
    check("of: [order]\n", "", "SW-0208 ‹simulation› a simulation needs `of`");
    check("until: 10d\n", "", "SW-0208 ‹simulation› a simulation needs `until`");
    check("every: {mean: 12m}, ", "", "SW-0208 ‹start› an arrival needs `every`");
    check("{mean: 12m}", "{mena: 12m}", "SW-0201 ‹mena› unknown key `mena`");
    check(
        "clerk: 3",
        "clerk: many",
        "SW-0203 ‹many› `many` is not a number in plain decimal notation",
    );
    check("OK: 9", "OK: -1", "SW-0203 ‹-1› `-1` is not a whole number from 0 to 1000000");
    check("choices:", "choice:", "SW-0201 ‹choice› unknown key `choice`");
    check(
        "seed: 7",
        "seed: x",
        "SW-0203 ‹x› `x` is not a number in plain decimal notation",
    );
    check(
        "staff: {clerk: 3",
        "staff: {clerk: [3]",
        "SW-0202 ‹3› an item of `clerk` takes a group of staff, and here stands text",
    );
}

const CARRIER: &str = "adapter: carrier
actions:
  ship:
    input: {order: string}
    output: {tracking: string, parcels: integer}
    errors: {no_such_address: {street: string}, too_busy: }
    temporary: [too_busy]
simulate:
  ship: {after: 1h..3h, returns: {tracking: T-1, parcels: 2}, fails: {too_busy: 5%, no_such_address: 0.25%, temporary: 1%}}
";

#[test]
fn a_contract_says_how_its_actions_behave() {
    assert_eq!(told(CARRIER), "");
    let check = |part: &str, by: &str, expected: &str| {
        assert!(CARRIER.contains(part), "{part}");
        assert_eq!(told(&CARRIER.replace(part, by)), expected, "{by}");
    };
    check(
        "  ship: {after",
        "  shp: {after",
        "SW-0209 ‹shp› this contract has no action `shp`",
    );
    check(
        "1h..3h",
        "3h..1h",
        "SW-0210 ‹3h..1h› `3h..1h` cannot be drawn: it goes from longer to shorter",
    );
    check(
        "1h..3h",
        "{mean: 1mo}",
        "SW-0210 ‹1mo› `1mo` cannot be drawn: `1mo` has months or business time; what is drawn is counted in weeks, days, hours, minutes and seconds",
    );
    check(
        "1h..3h",
        "{least: 1h, most: 2h}",
        "SW-0211 ‹{least: 1h, most: 2h}› a distribution has either `mean`, or `least`, `likely` and `most`",
    );
    check(
        "1h..3h",
        "{least: 1h, likely: 2, most: 3h}",
        "SW-0210 ‹2› `2` cannot be drawn: `2` needs a unit; units are s m h d w mo y, `business hours` and `business days`",
    );
    check("too_busy: 5%", "busy: 5%", "SW-0209 ‹busy› `ship` has no error `busy`");
    check("too_busy: 5%", "too_busy: 5", "SW-0202 ‹5› `5` is not a share");
    check("0.25%", "0.125%", "SW-0202 ‹0.125%› `0.125%` is not a share");
    check(
        "fails: {too_busy: 5%, no_such_address: 0.25%, temporary: 1%}",
        "fails: 101%",
        "SW-0202 ‹101%› `101%` is not a share",
    );
    check(
        "too_busy: 5%",
        "too_busy: 99%",
        "SW-0202 ‹{too_busy: 99%, no_such_address: 0.25%, temporary: 1%}› `ship` fails more often than it is asked: the shares are more than 100 %",
    );
    check(
        "parcels: 2",
        "parcels: two",
        "SW-0414 ‹two› `parcels` of what `ship` returns must be a whole number within ±2^53",
    );
    check(
        "returns: {tracking: T-1, parcels: 2}",
        "returns: T-1",
        "SW-0202 ‹T-1› what `ship` returns is a mapping of fields",
    );
}

const ORDER: &str = "workflow: order
access: [{for: [clerk]}]
start: {by: [clerk]}
initial: packed
states:
  packed: {invoke: {id: ship, adapter: carrier, action: ship, input: {order: \"{{ key }}\"}, onDone: {target: gone}, onError: {target: gone}}}
  gone: {type: final}
";

/// The digest of the order beside this contract, and what is pinned of it.
fn pinned(contract: &str) -> (crate::identity::Digest, Arc<str>) {
    let (sources, compiled) = compiled(ORDER, &[("adapters/carrier.yaml", contract)]);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{contract}");
    let bundle = compiled.bundle.expect("a workflow has a bundle");
    let text = bundle
        .files
        .get("adapters/carrier.yaml")
        .cloned()
        .expect("the contract is pinned");
    (bundle.digest(), text)
}

#[test]
fn how_an_action_behaves_is_no_part_of_a_definition() {
    let plain = CARRIER.split("simulate:").next().expect("what stands before");
    let without = pinned(plain);
    assert_eq!(&*without.1, plain);
    let same = |contract: &str| assert_eq!(pinned(contract), without, "{contract}");
    same(CARRIER);
    same(&CARRIER.replace("1h..3h", "9d"));
    same(&CARRIER.replace("simulate:", "\n# as it was measured in March\nsimulate:"));
    same(&CARRIER.replace("simulate:\n  ship: {", "simulate:\n  # slow\n  ship:\n    {"));
    // it may stand anywhere
    let (head, tail) = plain.split_once("actions:").expect("it has actions");
    same(&format!("{head}simulate: {{ship: {{after: 2h}}}} # soon\nactions:{tail}"));
    let other = pinned(
        &CARRIER
            .replace("parcels: integer", "parcels: decimal")
            .replace("parcels: 2", "parcels: 1"),
    );
    assert_ne!(other.0, without.0);
}

#[test]
fn between_braces_and_with_anchors_it_is_left_out_as_far_as_it_can_be() {
    let flow =
        |simulate: &str| format!("{{adapter: carrier, actions: {{ship: {{input: {{order: string}}}}}}, simulate: {simulate}}}\n");
    let one = pinned(&flow("{ship: {after: 1h}}"));
    assert_eq!(one, pinned(&flow("{ship: {after: 2h}}")));
    assert!(one.1.ends_with("simulate: {}}\n"), "{}", one.1);
    // what something else needs stays, and the definition can be read again
    let anchored = "adapter: carrier\nsimulate: {ship: {returns: &shown {order: string}}}\nactions: {ship: {input: *shown}}\n";
    assert_eq!(&*pinned(anchored).1, anchored);
}

#[test]
fn a_definition_that_was_made_is_read_byte_for_byte() {
    let bundle = super::super::Bundle {
        main: "order.yaml".into(),
        files: BTreeMap::from([
            ("order.yaml".into(), ORDER.into()),
            ("adapters/carrier.yaml".into(), CARRIER.into()),
        ]),
    };
    let mut sources = Sources::new();
    let main = sources.add("order.yaml", ORDER);
    let compiled = compile(&mut sources, main, &bundle);
    assert_eq!(compiled.bundle, Some(bundle));
}
