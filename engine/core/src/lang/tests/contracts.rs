//! Workflows beside the contracts of the adapters that they ask.

use super::*;

const CARRIER: &str = "adapter: carrier
actions:
  ship:
    input: {order: string, weight: decimal, note: optional string, insured: {type: boolean, default: false}}
    output: {tracking: string, parcels: integer}
    progress: {place: string}
    errors: {no_such_address: {street: string}, too_busy: }
    temporary: [too_busy]
    undone: {because: string}
  weigh: {repeat_safe: false, input: {order: string}}
events:
  LOST: {to: order, fields: {place: string, at_risk: optional boolean}}
  FOUND: {to: [order, claim]}
";

const ORDER: &str = "workflow: order
key: \"{{ number_of }}\"
data: {number_of: string, grams: decimal, tracking: optional string, place: optional string}
start: {by: [clerk], input: [number_of, grams]}
access: [{for: [clerk]}]
initial: packed
states:
  packed:
    invoke:
      id: ship
      adapter: carrier
      action: ship
      input: {order: \"{{ number_of }}\", weight: \"{{ grams }}\"}
      onDone: {target: gone, actions: [{assign: {tracking: \"{{ event.result.tracking }}\"}}]}
      onError: {target: held}
  held: {on: {AGAIN: {target: packed, by: [clerk]}}}
  gone: {on: {LOST: {target: held, by: [{adapter: carrier}], input: {place: string, at_risk: optional boolean}}, FOUND: {target: done, by: [{adapter: carrier}]}}}
  done: {type: final}
";

/// What is told of the order with a part of it replaced, beside the carrier's contract.
fn replaced(part: &str, by: &str) -> String {
    assert!(ORDER.contains(part), "{part}");
    told_beside(&ORDER.replace(part, by), &[("adapters/carrier.yaml", CARRIER)])
}

#[test]
fn what_is_asked_of_an_adapter_is_what_its_contract_takes() {
    assert_eq!(told_beside(ORDER, &[("adapters/carrier.yaml", CARRIER)]), "");
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(part, by), expected, "{by}");
    check(
        "action: ship",
        "action: shp",
        "SW-0209 ‹shp› the adapter `carrier` has no action `shp`",
    );
    check(
        "weight: \"{{ grams }}\"",
        "wieght: \"{{ grams }}\"",
        "SW-0208 ‹ship› `carrier.ship` needs `weight`\nSW-0302 ‹wieght› `carrier.ship` takes no `wieght`",
    );
    check(
        "weight: \"{{ grams }}\"",
        "weight: \"{{ today }}\"",
        "SW-0414 ‹\"{{ today }}\"› this is a date, and `weight` of `carrier.ship` takes a decimal",
    );
    check(
        "weight: \"{{ grams }}\"",
        "weight: heavy",
        "SW-0414 ‹heavy› weight must be a number in plain decimal notation of at most 28 digits",
    );
    check(
        ", weight: \"{{ grams }}\"",
        "",
        "SW-0208 ‹ship› `carrier.ship` needs `weight`",
    );
    let once = "action: weigh\n      retry: {attempts: 3}\n      input: {order: \"{{ number_of }}\"}";
    let asked = "action: ship\n      input: {order: \"{{ number_of }}\", weight: \"{{ grams }}\"}";
    check(
        asked,
        once,
        "SW-0211 ‹retry› `carrier.weigh` must not be asked twice: its contract says `repeat_safe: false`",
    );
    let compensated = format!("{asked}\n      compensate: {{adapter: carrier, action: cancel, input: {{}}}}");
    check(
        asked,
        &compensated,
        "SW-0209 ‹cancel› the adapter `carrier` has no action `cancel`",
    );
    check(
        "onError: {target: held}",
        "onError: {target: held, actions: [{call: {adapter: carrier, action: weigh, input: {order: \"{{ grams }}\", by: x}}}]}",
        "SW-0414 ‹\"{{ grams }}\"› this is a decimal, and `order` of `carrier.weigh` takes text\nSW-0302 ‹by› `carrier.weigh` takes no `by`",
    );
}

#[test]
fn what_an_adapter_answers_is_known_where_it_is_used() {
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(part, by), expected, "{by}");
    check(
        "event.result.tracking",
        "event.result.trackin",
        "SW-0410 ‹trackin› `event.result` has no field `trackin`",
    );
    check(
        "event.result.tracking",
        "event.result.parcels",
        "SW-0414 ‹\"{{ event.result.parcels }}\"› this is an integer, and the field `tracking` takes text",
    );
    let failed = |guard: &str| format!("onError: {{target: held, guard: \"{guard}\"}}");
    let held = "onError: {target: held}";
    check(held, &failed("event.error.why == 'no_such_address'"), "");
    check(
        held,
        &failed("event.error.why in ['timeout', 'in_time']"),
        "SW-0209 ‹'in_time'› `event.error.why` is never `in_time`",
    );
    check(held, &failed("event.error.detail.street == 'Elm'"), "");
    check(held, &failed("event.error.detail.status == 404"), "");
    check(
        held,
        &failed("event.error.detail.strete == 'Elm'"),
        "SW-0410 ‹strete› `event.error.detail` has no field `strete`",
    );
    // what stands under `on` hears the same
    check(
        "gone: {on: {",
        "gone: {on: {done.ship: {guard: event.result.trackin == 'x'}, ",
        "SW-0410 ‹trackin› `event.result` has no field `trackin`",
    );
    check(
        "gone: {on: {",
        "gone: {on: {ship.undone: {target: held, guard: event.becaus == 'lost'}, ",
        "SW-0410 ‹becaus› `event` has no field `becaus`",
    );
    let weighed = ORDER
        .replace("action: ship", "action: weigh")
        .replace(", weight: \"{{ grams }}\"", "");
    let weighed = weighed
        .replace("event.result.tracking", "event.result")
        .replace("gone: {on: {", "gone: {on: {ship.undone: held, ");
    assert_eq!(
        told_beside(&weighed, &[("adapters/carrier.yaml", CARRIER)]),
        "SW-0303 ‹ship.undone› what the invoke `ship` asks for never takes its answer back: its contract has no `undone`",
        "and an action without `output` may answer anything"
    );
}

#[test]
fn what_an_adapter_reports_by_itself_fits_the_form() {
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(part, by), expected, "{by}");
    check(
        "FOUND: {target: done",
        "FUND: {target: done",
        "SW-0303 ‹FUND› the adapter `carrier` reports no `FUND`",
    );
    let form = "{place: string, at_risk: optional boolean}";
    check(
        form,
        "{place: string}",
        "SW-0302 ‹carrier› `carrier` reports `LOST` with `at_risk`, which is not taken here",
    );
    check(
        form,
        "{place: string, at_risk: boolean}",
        "SW-0208 ‹carrier› `LOST` needs `at_risk`, and `carrier` may report it without",
    );
    check(
        form,
        "{place: string, at_risk: optional integer}",
        "SW-0414 ‹carrier› `at_risk` of `LOST` takes an integer, and `carrier` reports a boolean",
    );
    let other = ORDER.replace("workflow: order", "workflow: parcel");
    assert_eq!(
        told_beside(&other, &[("adapters/carrier.yaml", CARRIER)]),
        "SW-0303 ‹carrier› `carrier` reports `LOST` to other workflows only\nSW-0303 ‹carrier› `carrier` reports `FOUND` to other workflows only"
    );
}

#[test]
fn a_contract_belongs_to_the_definition_and_there_may_be_none() {
    let slips = ORDER.replace("event.result.tracking", "event.result.trackin");
    assert_eq!(told(&slips), "", "nothing is known of an adapter without a contract");
    let (_, first) = compiled(ORDER, &[("adapters/carrier.yaml", CARRIER)]);
    let bundle = first.bundle.expect("a workflow has a bundle");
    assert_eq!(
        bundle.files.keys().map(|path| &**path).collect::<Vec<_>>(),
        ["adapters/carrier.yaml", "w.yaml"]
    );
    let definition = first.chart.expect("it has no fault").definition;
    let other = CARRIER.replace("weigh:", "wrap:");
    for (beside, same) in [
        (vec![("carrier.yaml", CARRIER)], false),
        (vec![("adapters/carrier.yaml", &*other)], false),
        (vec![("adapters/carrier.yaml", CARRIER)], true),
        (vec![], false),
    ] {
        let (_, again) = compiled(ORDER, &beside);
        assert_eq!(
            again.chart.expect("it has no fault").definition == definition,
            same,
            "{beside:?}"
        );
    }
    let (_, again) = compiled(
        ORDER,
        &bundle.files.iter().map(|(path, text)| (&**path, &**text)).collect::<Vec<_>>(),
    );
    assert_eq!(again.chart.expect("a bundle compiles by itself").definition, definition);
}

#[test]
fn a_contract_is_found_by_its_name_in_one_place() {
    assert_eq!(
        told_beside(ORDER, &[("carrier.yaml", CARRIER), ("adapters/carrier.yaml", CARRIER)]),
        "SW-0304 ‹carrier› there are two adapters `carrier`: `carrier.yaml` and `adapters/carrier.yaml`"
    );
    let table = "table: carrier\nkey: code\ncolumns: {code: string}\nrows: []\n";
    assert_eq!(
        told_beside(ORDER, &[("carrier.yaml", table)]),
        "",
        "another kind of file may have its name"
    );
    assert_eq!(
        told_beside(
            ORDER,
            &[(
                "adapters/carrier.yaml",
                &CARRIER.replace("adapter: carrier", "adapter: courier")
            )]
        ),
        "adapters/carrier.yaml SW-0304 ‹courier› the file is that of the adapter `carrier`, and calls itself `courier`"
    );
    let misspelt = ORDER.replace("adapter: carrier", "adapter: carier");
    assert!(
        told_beside(&misspelt, &[("adapters/carrier.yaml", CARRIER)])
            .starts_with("SW-0311 ‹carier› the adapter `carier` has no contract, and `carrier` has one")
    );
}

#[test]
fn a_contract_by_itself_is_checked_as_a_whole() {
    let check = |part: &str, by: &str, expected: &str| {
        assert!(CARRIER.contains(part), "{part}");
        assert_eq!(told(&CARRIER.replace(part, by)), expected, "{by}");
    };
    assert_eq!(told(CARRIER), "");
    check(
        "temporary: [too_busy]",
        "temporary: [too_buzy]",
        "SW-0209 ‹too_buzy› there is no error `too_buzy`",
    );
    check(
        "order: string, weight",
        "order: {type: string, phi: true}, weight",
        "SW-0604 ‹order› `order` would be personal data in what an adapter is given or says",
    );
    check(
        "place: string, at_risk",
        "from: string, at_risk",
        "SW-0304 ‹from› `event.from` is who sent the event, in every event",
    );
    check(
        "progress: {place: string}",
        "progress: {reason: string}",
        "SW-0304 ‹reason› `event.reason` is the reason that was given, in every event",
    );
    check(
        "output: {tracking: string",
        "output: {tracking: strng",
        "SW-0601 ‹strng› there is no type `strng`",
    );
    check(
        "default: false",
        "default: \"{{ order == 'x' }}\"",
        "SW-0603 ‹\"{{ order == 'x' }}\"› the default of `insured` is computed, and a contract has nothing to compute it from",
    );
    check(
        "undone: {because: string}",
        "undone: maybe",
        "SW-0204 ‹maybe› `maybe` is neither `true` nor `false`",
    );
    check(
        "input: {order: string}",
        "inputs: {order: string}",
        "SW-0201 ‹inputs› unknown key `inputs`",
    );
}
