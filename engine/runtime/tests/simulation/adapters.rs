//! How adapters behave: as their contracts say, or as the simulation says in their place.

use super::*;

const ORDER: &str = "workflow: order
zone: Europe/Berlin
data: {tracking: optional string, why: optional string}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: ship
states:
  ship:
    invoke:
      id: ship
      adapter: carrier
      action: ship
      input: {order: \"{{ key }}\"}
      retry: {attempts: 5, backoff: 1m..1m}
      onDone: {target: gone, actions: [{assign: {tracking: \"{{ event.result.tracking }}\"}}]}
      onError: {choose: [{guard: \"event.error.why == 'no_address'\", target: lost}, {target: failed}]}
  gone: {type: final}
  lost: {type: final}
  failed: {type: final}
";

const CARRIER: &str = "adapter: carrier
actions:
  ship:
    input: {order: string}
    output: {tracking: string, parcels: {type: integer, minimum: 1, maximum: 3}}
    errors: {no_address: , too_busy: }
    temporary: [too_busy]
simulate:
  ship: {after: 2h, returns: {tracking: \"T {{ input.order }}\"}, fails: {no_address: 25%}}
";

fn shipped(more: &str) -> Value {
    let file = format!("simulation: s\nof: order\narrivals: {{a: {{every: 1m, times: 400}}}}\nuntil: 9d\n{more}");
    ran(&file, &[("order.yaml", ORDER), ("adapters/carrier.yaml", CARRIER)])
}

#[test]
fn a_contract_says_how_long_it_takes_and_how_often_it_fails() {
    let report = shipped("");
    let flow = row(&report, "workflows", "workflow", "order");
    let lost = number(flow, "ends.lost");
    assert!((70..=130).contains(&lost), "{lost}");
    assert_eq!(number(flow, "ends.gone") + lost, 400);
    assert_eq!(number(flow, "lasted.median_s"), 2 * 60 * 60);
    let carrier = row(&report, "actions", "action", "carrier.ship");
    assert_eq!((number(carrier, "asked"), number(carrier, "failed")), (400, lost));
}

#[test]
fn a_simulation_says_it_in_place_of_the_contract() {
    let report = shipped("durations: {carrier.ship: 3h}\nadapters: {carrier.ship: {fails: 0%}}\n");
    let flow = row(&report, "workflows", "workflow", "order");
    assert_eq!((number(flow, "ends.gone"), number(flow, "lasted.most_s")), (400, 3 * 60 * 60));
    // a duration is the last word on how long something takes
    let report = shipped("adapters: {carrier.ship: {after: 1h, fails: 100%}}\n");
    let flow = row(&report, "workflows", "workflow", "order");
    assert_eq!((number(flow, "ends.failed"), number(flow, "lasted.most_s")), (400, 60 * 60));
}

#[test]
fn what_fails_for_now_is_tried_again() {
    for error in ["temporary", "too_busy"] {
        let report = shipped(&format!(
            "adapters: {{carrier.ship: {{after: 0s, fails: {{{error}: 50%}}}}}}\n"
        ));
        let carrier = row(&report, "actions", "action", "carrier.ship");
        let (asked, failed) = (number(carrier, "asked"), number(carrier, "failed"));
        assert!(asked > 700 && asked - failed > 380, "{error}: {asked} {failed}");
        // one in thirty-two fails five times
        let gone = number(row(&report, "workflows", "workflow", "order"), "ends.gone");
        assert!((375..400).contains(&gone), "{error}: {gone}");
    }
}

#[test]
fn an_answer_is_as_the_contract_says_also_where_it_is_drawn() {
    let strict = CARRIER.replace("simulate:", "x-was:");
    let file = "simulation: s\nof: order\narrivals: {a: {every: 1m, times: 20}}\nuntil: 1d\n";
    let report = ran(file, &[("order.yaml", ORDER), ("adapters/carrier.yaml", &strict)]);
    assert_eq!(number(row(&report, "workflows", "workflow", "order"), "ends.gone"), 20);
    assert_eq!(report.field("incidents").and_then(Value::as_list), Some([].as_slice()));
}

#[test]
fn what_waits_for_a_person_is_told() {
    let unanswered = ORDER.replace(
        "      onError: {choose: [{guard: \"event.error.why == 'no_address'\", target: lost}, {target: failed}]}\n",
        "",
    );
    let file =
        "simulation: s\nof: order\narrivals: {a: {every: 1m, times: 3}}\nuntil: 1d\nadapters: {carrier.ship: {fails: 100%}}\n";
    let report = simulated(file, &[("order.yaml", &unanswered), ("adapters/carrier.yaml", CARRIER)]).expect("it can be run");
    assert_eq!(report.incidents().len(), 3, "{}", report.words());
    assert!(
        report.words().contains("INCIDENTS, which wait for a person\n"),
        "{}",
        report.words()
    );
}
