//! Tables that are asked in a step: what they answer, and what the entry keeps of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::expression::{Call, FaultKind, Meter, Scope, Stop};
use crate::time::{BusinessCalendar, Calendar, Hours};
use crate::trail::{Replay, Replayed};

struct Beside(BTreeMap<&'static str, &'static str>);

impl Resolver for Beside {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).map(|text| Arc::from(*text))
    }
}

const Z80: &str = "table: z80
mode: collect
inputs: {measured: decimal, target: decimal, kind: {enum: [single, progressive]}}
output: {accept: {from: all, of: ok}, failures: {from: list, of: text, if: not ok}, worst: {from: max, of: size}, sum: {from: sum, of: size}}
let:
  off: abs(measured - target)
rows:
  - {group: power, if: \"kind == 'single' and abs(target) <= 6.50\", then: {ok: \"{{ off <= 0.13 }}\", text: \"off by {{ off }} (0.13)\", size: \"{{ off }}\"}}
  - {group: power, then: {ok: \"{{ off <= abs(target) * 0.02 }}\", text: \"off by {{ off }} (2 %)\", size: \"{{ off }}\"}}
  - {if: off > 1, then: {ok: false, text: far off, size: 1}}
";

const BANDS: &str = "table: bands
inputs: {power: {type: decimal, minimum: 0}}
output: {band: string, days: integer}
rows:
  - {when: {power: '< 2.00'}, then: {band: low, days: 2}}
  - {when: {power: 2.00..3.50}, then: {band: middle, days: 3}}
  - {when: {power: '> 3.50'}, then: {band: high, days: \"{{ floor(power) }}\"}}
";

const PRODUCTS: &str = "table: products
key: code
columns: {code: string, kind: {enum: [single, progressive]}, price: decimal}
rows:
  - {code: SV, kind: single, price: 19.90}
  - {code: PG, kind: progressive, price: 89.00}
";

const LENS: &str = "workflow: lens
data: {product: {type: string, table: products}, power: decimal, band: optional string, measured: optional decimal, tries: {type: integer, default: 0}}
let: {row: \"table('products', product)\"}
start: {by: [staff], input: [product, power], guard: {if: row is not none}}
access: [{for: [staff], if: \"decide('bands', power=power).days < 100\"}]
initial: made
states:
  made:
    entry: [{assign: {band: \"{{ decide('bands', power=power).band }}\"}}]
    on:
      INSPECT:
        by: [staff]
        input: {measured: decimal}
        let: {z80: \"decide('z80', measured=event.measured, target=power, kind=row.kind)\"}
        choose:
          - {guard: {if: z80.accept, otherwise: \"Outside tolerance: {{ z80.failures | join(', ') }}\"}, target: passed, actions: [{assign: {measured: \"{{ event.measured }}\"}}]}
          - {guard: \"tries < 1\", actions: [{assign: {tries: \"{{ tries + 1 }}\"}}]}
  passed: {type: final}
";

pub(super) fn chart(workflow: &str, tables: &[(&'static str, &'static str)]) -> Chart {
    let mut sources = Sources::default();
    let main = sources.add("w.yaml", workflow);
    let compiled = compile(&mut sources, main, &Beside(tables.iter().copied().collect()));
    compiled
        .chart
        .unwrap_or_else(|| panic!("{}", crate::diagnostic::concise(&sources, &compiled.diagnostics)))
}

fn lens(payload: &str) -> (Life, String) {
    let mut life = Life::on(chart(
        LENS,
        &[("z80.yaml", Z80), ("tables/bands.yaml", BANDS), ("products.yaml", PRODUCTS)],
    ));
    let said = life.start(payload);
    (life, said)
}

/// The member `decisions` of the last entry.
fn decisions(life: &Life) -> String {
    let entry = crate::value::json::read(life.entry()).expect("an entry is JSON");
    entry
        .field("decisions")
        .map(crate::value::interface::to_interface)
        .unwrap_or_default()
}

#[test]
fn a_boundary_is_decided_exactly() {
    let check = |power: &str, band: &str, days: i64| {
        let (life, said) = lens(&format!(r#"{{"product": "SV", "power": "{power}"}}"#));
        assert_eq!(said, "taken", "{power}");
        assert_eq!(life.data("band"), format!("\"{band}\""), "{power}");
        let rows = life
            .last()
            .trace
            .as_ref()
            .map(|trace| trace.log.decisions.clone())
            .unwrap_or_default();
        let found: Vec<&Value> = rows
            .iter()
            .filter_map(|decision| decision.decided.answer.field("days"))
            .collect();
        assert_eq!(found, [&Value::Integer(days)], "{power}");
    };
    check("0", "low", 2);
    check("1.9999999999", "low", 2);
    check("2", "middle", 3);
    check("3.50", "middle", 3);
    check("3.5000000001", "high", 3);
    check("7.99", "high", 7);
}

#[test]
fn the_first_row_of_each_group_is_collected() {
    let check = |power: &str, measured: &str, expected: &str| {
        let (mut life, _) = lens(&format!(r#"{{"product": "SV", "power": "{power}"}}"#));
        life.send_with("INSPECT", &format!(r#"{{"measured": "{measured}"}}"#));
        let answer = decisions(&life);
        let parts = answer.split("\"given\"").next().unwrap_or_default();
        assert_eq!(parts, expected, "{power} {measured}");
    };
    check(
        "6.50",
        "6.63",
        r#"[{"answer":{"accept":true,"failures":[],"sum":{"$decimal":"0.13"},"worst":{"$decimal":"0.13"}},"#,
    );
    check(
        "6.75",
        "6.886",
        r#"[{"answer":{"accept":false,"failures":["off by 0.136 (2 %)"],"sum":{"$decimal":"0.136"},"worst":{"$decimal":"0.136"}},"#,
    );
    check(
        "6.50",
        "8.50",
        r#"[{"answer":{"accept":false,"failures":["off by 2.00 (0.13)","far off"],"sum":{"$decimal":"3.00"},"worst":{"$decimal":"2.00"}},"#,
    );
}

#[test]
fn the_entry_keeps_what_led_to_what_was_done() {
    let (mut life, said) = lens(r#"{"product": "SV", "power": "2.00"}"#);
    assert_eq!(said, "taken");
    // that it may be seen is decided by the same table, and is no part of what was done
    let of_entry = r#"[{"answer":{"band":"middle","days":3},"given":{"power":{"$decimal":"2.00"}},"rows":[2],"table":"bands"}]"#;
    assert_eq!(decisions(&life), of_entry);
    // the second branch was taken because the first one's guard was false: its answer is why
    assert_eq!(life.send_with("INSPECT", r#"{"measured": "2.14"}"#), "taken");
    let answer = r#"{"accept":false,"failures":["off by 0.14 (0.13)"],"sum":{"$decimal":"0.14"},"worst":{"$decimal":"0.14"}}"#;
    let given = r#"{"kind":"single","measured":{"$decimal":"2.14"},"target":{"$decimal":"2.00"}}"#;
    assert_eq!(
        decisions(&life),
        format!(r#"[{{"answer":{answer},"given":{given},"rows":[1],"table":"z80"}}]"#)
    );
    // what was refused did nothing
    assert_eq!(
        life.send_with("INSPECT", r#"{"measured": "2.14"}"#),
        "refused: Outside tolerance: off by 0.14 (0.13) | `tries < 1` is false: tries is 1"
    );
    assert_eq!(decisions(&life), "");
    assert_eq!(life.send_with("INSPECT", r#"{"measured": "2.13"}"#), "taken");
    assert_eq!(life.states(), "passed");
    assert!(decisions(&life).contains(r#""rows":[1]"#), "{}", life.entry());
}

#[test]
fn a_field_holds_one_of_a_tables_keys() {
    let (_, said) = lens(r#"{"product": "XX", "power": "1"}"#);
    assert_eq!(said, "refused: product must be one of PG or SV");
}

#[test]
fn replay_gives_the_same_bytes() {
    let (mut life, _) = lens(r#"{"product": "PG", "power": "3.75"}"#);
    life.send_with("INSPECT", r#"{"measured": "3.90"}"#);
    life.send_with("INSPECT", r#"{"measured": "3.80"}"#);
    let mut replay = Replay::begin(&life.chart, &[]);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
    assert_eq!(life.entries.len(), 3);
}

#[test]
fn a_table_that_cannot_answer_makes_a_guard_false_with_its_sentence() {
    let workflow = "workflow: w
data: {x: optional integer}
start: {by: [staff], input: [optional x]}
access: [{for: [staff]}]
initial: a
states: {a: {on: {GO: {target: b, by: [staff], guard: \"decide('t', x=x).n > 1\"}}}, b: {}}
";
    let unique = "table: t\nmode: unique\ninputs: {x: integer}\noutput: {n: integer}\nrows:\n  - {if: x > 1, then: {n: 2}}\n  - {if: x > 2, then: {n: \"{{ 3 // (x - 3) }}\"}}\n";
    let check = |x: &str, expected: &str| {
        let mut life = Life::on(chart(workflow, &[("t.yaml", unique)]));
        assert_eq!(life.start(&format!("{{\"x\": {x}}}")), "taken");
        assert_eq!(life.send("GO"), expected, "{x}");
    };
    check("2", "taken");
    check("1", "refused: `t`: no row applies");
    check("4", "refused: `t`: rows 1 and 2 apply both");
    check("null", "refused: `t`: x is required");
}

#[test]
fn a_table_burns_the_budget_of_the_step() {
    let mut rows = String::new();
    for row in 0..900 {
        rows.push_str(&format!("  - {{if: x == {row}, then: {{n: {row}}}}}\n"));
    }
    let table = format!("table: t\ninputs: {{x: integer}}\noutput: {{n: integer}}\nrows:\n{rows}  - {{then: {{n: 0}}}}\n");
    let table: &'static str = Box::leak(table.into_boxed_str());
    let workflow = "workflow: w
data: {xs: {type: list, items: integer, default: []}, n: {type: integer, default: 0}}
start: {by: [staff], input: [optional xs]}
access: [{for: [staff]}]
initial: a
states: {a: {on: {GO: {by: [staff], actions: [{assign: {n: \"{{ xs | map(decide('t', x=item).n) | sum }}\"}}]}}}}
";
    let chart = chart(workflow, &[("t.yaml", table)]);
    let sent = |count: usize| {
        let mut life = Life::on(chart.clone());
        let xs: Vec<String> = (0..count).map(|x| (1_000 + x).to_string()).collect();
        assert_eq!(life.start(&format!("{{\"xs\": [{}]}}", xs.join(","))), "taken");
        life.send("GO")
    };
    assert_eq!(sent(10), "taken");
    assert_eq!(
        sent(990),
        "SW-1009: the expressions of this input take more than 2000000 steps together"
    );
}

/// Where a table is asked directly.
struct Asker {
    zone: TimeZone,
    meter: Meter,
    calendar: BusinessCalendar,
}

impl Asker {
    fn with(fuel: u64) -> Self {
        let week = std::array::from_fn(|_| Hours::new(0, 24 * 60).into_iter().collect());
        Asker {
            zone: TimeZone::UTC,
            meter: Meter::of(fuel),
            calendar: BusinessCalendar::new(TimeZone::UTC, week, BTreeMap::new()),
        }
    }

    fn decide(&self, table: &'static str, given: &str) -> Result<String, Stop> {
        let chart = chart("workflow: w\nlet: {x: \"decide('t')\"}\n", &[("t.yaml", table)]);
        let given = crate::value::canonical::read_canonical(given).expect("it is a value");
        let decision = chart.tables.by_name.get("t").and_then(|table| table.as_decision());
        let decided = decision
            .expect("it decides")
            .decide("t", given.as_object().expect("an object"), self)?;
        Ok(crate::value::interface::to_interface(&decided.answer))
    }
}

impl Scope for Asker {
    fn variable(&self, _name: &str) -> Result<Option<Value>, Stop> {
        Ok(None)
    }

    fn call(&self, _call: &Call<'_>) -> Result<Value, Stop> {
        Err(Stop::fault(FaultKind::Scope, "nobody is asked here"))
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn meter(&self) -> Option<&Meter> {
        Some(&self.meter)
    }

    fn calendar(&self) -> Option<&dyn Calendar> {
        Some(&self.calendar)
    }
}

#[test]
fn a_value_of_a_table_is_computed_once_for_all_its_rows() {
    let table = "table: t
mode: collect
inputs: {xs: {type: optional list, items: integer}}
output: {a: {from: list, of: n + heavy}, b: {from: sum, of: n + heavy}, c: {from: max, of: n + heavy}}
let: {heavy: \"xs | default([1, 2, 3]) | sum(item * item * item)\"}
rows: [{then: {n: 1}}, {then: {n: 2}}, {then: {n: 3}}, {then: {n: 4}}, {then: {n: 5}}, {then: {n: 6}}, {then: {n: 7}}, {then: {n: 8}}]
";
    let asker = Asker::with(20_000);
    let ones = vec!["1"; 1_000].join(",");
    let answer = asker.decide(table, &format!("{{\"xs\":[{ones}]}}"));
    assert!(answer.is_ok_and(|answer| answer.contains("\"b\":8036")));
}

#[test]
fn a_table_counts_along_no_calendar() {
    let table = "table: t
inputs: {at: optional instant, wait: optional duration}
output: {then: optional instant}
rows: [{then: {then: \"{{ at + wait if at is not none else none }}\"}}]
";
    let asker = Asker::with(1_000);
    let given =
        |wait: &str| format!("{{\"at\":{{\"$instant\":\"2026-03-26T08:00:00Z\"}},\"wait\":{{\"$duration\":\"{wait}\"}}}}");
    assert_eq!(
        asker.decide(table, &given("1d")),
        Ok("{\"then\":\"2026-03-27T08:00:00Z\"}".into())
    );
    let Err(Stop::Fault(fault)) = asker.decide(table, &given("1 business day")) else {
        panic!("it counts along one");
    };
    assert!(fault.message.contains("business time needs a calendar"), "{}", fault.message);
}

#[test]
fn an_input_that_is_marked_stands_behind_a_commitment() {
    let workflow = "workflow: w
data: {level: optional integer, age: {type: integer, default: 71}}
start: {by: [staff]}
access: [{for: [staff]}]
initial: a
states: {a: {entry: [{assign: {level: \"{{ decide('levels', age=age, where='here').level }}\"}}]}}
";
    let levels = "table: levels\ninputs: {age: {type: integer, phi: true}, where: string}\noutput: {level: integer}\nrows:\n  - {when: {age: '< 65'}, then: {level: 1}}\n  - {when: {age: '>= 65'}, then: {level: 2}}\n";
    let chart = chart(workflow, &[("levels.yaml", levels)]);
    assert!(chart.holds_personal_data, "its instances need a secret");
    let mut life = Life::on(chart);
    life.secret = Some([7; 32]);
    assert_eq!(life.start("{}"), "taken");
    let kept = decisions(&life);
    assert!(!kept.contains("71"), "{kept}");
    assert!(
        kept.contains(r#""answer":{"level":2},"given":{"age":{"$personal":""#) && kept.contains(r#""where":"here""#),
        "{kept}"
    );
}

#[test]
fn personal_inputs_stand_behind_commitments() {
    let workflow = "workflow: w
data: {age: {type: integer, phi: true}, level: optional integer, note: {type: optional string, phi: true}}
start: {by: [staff], input: [age]}
access: [{for: [staff]}]
initial: a
states: {a: {on: {GO: {by: [staff], actions: [{assign: {level: \"{{ decide('levels', age=age, where='here').level }}\"}}, {assign: {note: \"{{ decide('notes', age=age).text }}\"}}]}}}}
";
    let levels = "table: levels\ninputs: {age: {type: integer, minimum: 0}, where: string}\noutput: {level: integer}\nrows:\n  - {when: {age: '< 65'}, then: {level: 1}}\n  - {when: {age: '>= 65'}, then: {level: 2}}\n";
    let notes = "table: notes\ninputs: {age: integer}\noutput: {text: string}\nrows:\n  - {then: {text: \"aged {{ age }}\"}}\n";
    let mut life = Life::on(chart(workflow, &[("levels.yaml", levels), ("notes.yaml", notes)]));
    life.secret = Some([7; 32]);
    assert_eq!(life.start(r#"{"age": 71}"#), "taken");
    assert_eq!(life.send("GO"), "taken");
    assert_eq!((life.data("level"), life.data("note")), ("2".into(), "\"aged 71\"".into()));
    let kept = decisions(&life);
    assert!(!kept.contains("71"), "{kept}");
    assert!(
        kept.contains(r#"{"answer":{"level":2},"given":{"age":{"$personal":""#),
        "{kept}"
    );
    assert!(
        kept.contains(r#""where":"here""#) && kept.contains(r#"{"answer":{"$personal":""#),
        "{kept}"
    );
    let mut personal: Vec<(Digest, String)> = Vec::new();
    personal.extend(life.entries.iter().flatten().flat_map(|entry| entry.personal.iter().cloned()));
    let mut replay = Replay::begin(&life.chart, &personal);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
}

#[test]
fn who_may_see_it_is_no_decision_of_the_step() {
    let with_task = LENS.replace("    on:\n      INSPECT", "    task: {for: [staff]}\n    on:\n      INSPECT");
    let tables = [("z80.yaml", Z80), ("tables/bands.yaml", BANDS), ("products.yaml", PRODUCTS)];
    let mut life = Life::on(chart(&with_task, &tables));
    assert_eq!(life.start(r#"{"product": "SV", "power": "1"}"#), "taken");
    let claim = InputKind::Task {
        task: TaskRef::read("made"),
        act: TaskAct::Claim,
    };
    assert_eq!(life.take(ada(), None, claim), "taken");
    assert!(!life.entry().contains("decisions"), "{}", life.entry());
}
