//! Live tables in a step: the version that is handed in answers, the entry names it, and replay asks no other.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::chart::TableVersion;
use crate::identity::Digest;
use crate::trail::{EntryText, Replay, Replayed};

const PRICES: &str = "table: prices
live: true
key: code
columns: {code: string, price: decimal, note: optional string}
rows:
";

const POLICY: &str = "table: policy
live: true
inputs: {days: {type: integer, minimum: 0}}
output: {covered: boolean, percent: integer}
rows:
";

const ORDER: &str = "workflow: order
data: {code: string, patient: {type: optional string, phi: true}, price: optional decimal, percent: optional integer, note: optional string}
start: {by: [staff], input: [code, optional patient]}
access: [{for: [staff]}]
let: {row: \"table('prices', code)\"}
initial: open
states:
  open:
    on:
      NOTE: {by: [staff], actions: [{assign: {note: noted}}]}
      PRICE: {by: [staff], guard: {if: row is not none, otherwise: \"No price for {{ code }}\"}, actions: [{assign: {price: \"{{ row.price }}\"}}]}
      CLAIM: {by: [staff], input: {days: integer}, let: {policy: \"decide('policy', days=event.days)\"}, guard: {if: policy.covered, otherwise: Not covered}, actions: [{assign: {percent: \"{{ policy.percent }}\"}}]}
      SOUGHT: {by: [staff], guard: \"table('names', patient) is not none\"}
    always: {guard: \"price != none and price > 100\", target: dear}
  dear: {}
";

const NAMES: &str = "table: names\nlive: true\nkey: name\ncolumns: {name: string}\nrows:\n  - {name: SV}\n";

/// The version of a table that has these rows.
pub(super) fn version(head: &str, rows: &str) -> Arc<TableVersion> {
    let mut sources = Sources::default();
    let main = sources.add("t.yaml", format!("{head}{rows}"));
    let compiled = compile(&mut sources, main, &NoFiles);
    let told = crate::diagnostic::concise(&sources, &compiled.diagnostics);
    Arc::new(compiled.table.unwrap_or_else(|| panic!("{told}")))
}

fn priced(price: &str) -> Arc<TableVersion> {
    version(PRICES, &format!("  - {{code: SV, price: {price}}}\n"))
}

fn covering(most: u32, percent: u32) -> Arc<TableVersion> {
    let rows = format!(
        "  - {{when: {{days: '<= {most}'}}, then: {{covered: true, percent: {percent}}}}}\n  - {{then: {{covered: false, percent: 0}}}}\n"
    );
    version(POLICY, &rows)
}

static CHART: LazyLock<Chart> = LazyLock::new(|| {
    // what the rows say at the deployment of the workflow is nothing to it
    let (prices, policy) = (
        format!("{PRICES}  - {{code: SV, price: 1}}\n"),
        format!("{POLICY}  - {{then: {{covered: true, percent: 1}}}}\n"),
    );
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    super::tables::chart(
        ORDER,
        &[
            ("prices.yaml", leak(prices)),
            ("tables/policy.yaml", leak(policy)),
            ("names.yaml", NAMES),
        ],
    )
});

fn order() -> Life {
    let mut life = Life::on(CHART.clone());
    life.secret = Some([7; 32]);
    assert_eq!(life.start(r#"{"code": "SV", "patient": "SV"}"#), "taken");
    life
}

fn force(life: &mut Life, versions: &[&Arc<TableVersion>]) {
    versions
        .iter()
        .for_each(|version| life.facts.tables.insert((*version).clone()));
}

fn asked(life: &Life) -> Vec<(Arc<str>, Digest)> {
    EntryText::read(life.entry())
        .and_then(|entry| entry.tables())
        .expect("the entry can be read")
}

fn event(name: &str) -> Input {
    Input {
        signed: None,
        key: None,
        actor: ada(),
        reason: None,
        kind: InputKind::Event {
            task: None,
            name: name.into(),
            payload: Default::default(),
        },
    }
}

/// The personal values of a life, and what its commitments are made with.
pub(super) fn personal_of(life: &Life) -> Vec<(Digest, String)> {
    let entries = life.entries.iter().flatten();
    entries
        .flat_map(|entry| entry.personal.clone())
        .chain([(Digest::ZERO, format!("\"{}\"", Digest([7; 32])))])
        .collect()
}

/// What replay says of each entry that does not come out the same.
fn replayed(life: &Life, versions: &[Arc<TableVersion>]) -> Vec<String> {
    let personal = personal_of(life);
    let mut replay = Replay::begin(&life.chart, &personal);
    versions.iter().for_each(|version| replay.know_table(version.clone()));
    let each = life.entries.iter().flatten().map(|entry| replay.follow(&entry.bytes));
    each.filter(|replayed| *replayed != Ok(Replayed::Same))
        .map(|other| format!("{other:?}"))
        .collect()
}

#[test]
fn a_step_asks_for_a_live_table_only_where_an_expression_does() {
    let mut life = order();
    assert_eq!((life.send("NOTE"), asked(&life)), ("taken".into(), Vec::new()));
    let Ok(Stepped::Needs(needs)) = life.step(&event("PRICE")) else {
        panic!("nothing was handed in")
    };
    assert_eq!(
        (needs.tables, needs.reads.len(), needs.calendar),
        (vec!["prices".into()], 0, None)
    );
    // another table is none
    force(&mut life, &[&covering(9, 1)]);
    assert!(matches!(life.step(&event("PRICE")), Ok(Stepped::Needs(_))));
    let snapshot = life.snapshot.as_ref().expect("it has begun");
    assert!(offers(&life.chart, snapshot, &ada(), &life.facts, life.now).is_err());
    force(&mut life, &[&priced("19.90")]);
    assert_eq!(life.send("PRICE"), "taken");
}

#[test]
fn the_version_in_force_answers_and_the_entry_says_which_it_was_and_what_it_said() {
    let mut life = order();
    let (first, second) = (priced("19.90"), priced("21.50"));
    force(&mut life, &[&first]);
    assert_eq!(life.send("PRICE"), "taken");
    assert_eq!(
        (life.data("price"), asked(&life)),
        (r#"{"$decimal":"19.90"}"#.into(), vec![("prices".into(), first.version)])
    );
    let recorded = life.entry().to_owned();
    let facts = format!(r#""facts":{{"tables":[{{"name":"prices","version":"{}"}}]}}"#, first.version);
    assert!(recorded.contains(&facts), "{recorded}");
    let decision = r#""decisions":[{"answer":{"code":"SV","note":null,"price":{"$decimal":"19.90"}},"given":{"code":"SV"},"table":"prices"}]"#;
    assert!(recorded.contains(decision), "{recorded}");
    force(&mut life, &[&second]);
    assert_eq!(life.send("PRICE"), "taken");
    assert_eq!(
        (life.data("price"), asked(&life)),
        (r#"{"$decimal":"21.50"}"#.into(), vec![("prices".into(), second.version)])
    );
    // both at once; and a refusal names what it was refused along
    let policy = covering(90, 50);
    force(&mut life, &[&policy]);
    assert_eq!(life.send_with("CLAIM", r#"{"days": 90}"#), "taken");
    assert_eq!(
        (life.data("percent"), asked(&life)),
        ("50".into(), vec![("policy".into(), policy.version)])
    );
    assert_eq!(life.send_with("CLAIM", r#"{"days": 91}"#), "refused: Not covered");
    assert_eq!(asked(&life), [("policy".into(), policy.version)]);
}

#[test]
fn replay_asks_the_versions_that_were_recorded_and_no_other() {
    let mut life = order();
    let (first, second) = (priced("19.90"), priced("21.50"));
    force(&mut life, &[&first]);
    assert_eq!(life.send("PRICE"), "taken");
    // a year later another one is in force, and the instance goes on
    force(&mut life, &[&second]);
    life.now = moment("2027-03-26T08:00:00Z");
    assert_eq!(life.send("PRICE"), "taken");
    assert_eq!(
        replayed(&life, &[second.clone(), first.clone(), priced("99")]),
        Vec::<String>::new()
    );
    let without = replayed(&life, std::slice::from_ref(&second));
    assert!(
        without[0].contains(&format!("version {} of the table `prices` is not there", first.version)),
        "{without:?}"
    );
    // a version of another table is not taken for it, whatever its digest
    let forged = TableVersion {
        version: first.version,
        table: covering(1, 1).table.clone(),
    };
    assert!(!replayed(&life, &[Arc::new(forged), second]).is_empty());
}

#[test]
fn a_newer_version_may_say_more_and_the_definition_hears_what_it_knows() {
    let mut life = order();
    let wider = version(
        "table: prices\nlive: true\nkey: code\ncolumns: {code: string, price: decimal, weight: integer}\nrows:\n",
        "  - {code: SV, price: 5, weight: 3}\n",
    );
    assert_eq!(
        life.chart.tables.by_name["prices"].broken_by(&wider.table),
        Vec::<String>::new()
    );
    force(&mut life, &[&wider]);
    assert_eq!(life.send("PRICE"), "taken");
    assert!(
        life.entry()
            .contains(r#""answer":{"code":"SV","note":null,"price":{"$decimal":"5"}}"#),
        "{}",
        life.entry()
    );
}

#[test]
fn what_is_looked_up_by_personal_data_stands_in_the_entry_as_commitments() {
    let mut life = order();
    let names = version(NAMES, "");
    force(&mut life, &[&names]);
    assert_eq!(life.send("SOUGHT"), "taken");
    let entry = life.entry();
    assert!(entry.contains(r#""table":"names""#) && !entry.contains("SV"), "{entry}");
    assert_eq!(replayed(&life, &[names]), Vec::<String>::new());
}

#[test]
fn who_waits_is_not_woken_by_a_version_and_decides_along_it_when_something_comes() {
    let mut life = order();
    force(&mut life, &[&priced("150")]);
    assert_eq!(life.snapshot.as_ref().map(|snapshot| snapshot.subscriptions.len()), Some(0));
    assert_eq!((life.send("NOTE"), life.states()), ("taken".into(), "open".into()));
    assert_eq!((life.send("PRICE"), life.states()), ("taken".into(), "dear".into()));
}

proptest! {
    /// Whatever versions came into force meanwhile, the trail steps again to the same bytes, and each answer is its own version's.
    #[test]
    fn a_trail_replays_the_same_after_any_later_versions(
        steps in prop::collection::vec((0..4_u8, 1..200_u32, any::<bool>()), 1..12),
        later in prop::collection::vec(1..1_000_u32, 0..4),
    ) {
        let mut life = order();
        let mut versions = vec![priced("1"), covering(1, 1)];
        force(&mut life, &[&versions[0].clone(), &versions[1].clone()]);
        let mut price = 1;
        for (what, number, changes) in steps {
            if changes {
                let newer = [priced(&number.to_string()), covering(number, number)];
                price = number;
                force(&mut life, &[&newer[0], &newer[1]]);
                versions.extend(newer);
            }
            let in_force = |name: &str| life.facts.tables.get(name).map(|version| version.version);
            let wanted = (in_force("prices"), in_force("policy"));
            let said = match what {
                0 => life.send("NOTE"),
                1 => life.send("PRICE"),
                _ => life.send_with("CLAIM", &format!(r#"{{"days": {number}}}"#)),
            };
            if what == 1 && said == "taken" {
                prop_assert_eq!(life.data("price"), format!(r#"{{"$decimal":"{price}"}}"#));
            }
            if said == "ignored" {
                continue;
            }
            for (name, version) in asked(&life) {
                let expected = if &*name == "prices" { wanted.0 } else { wanted.1 };
                prop_assert_eq!(Some(version), expected);
            }
        }
        versions.extend(later.iter().map(|number| priced(&format!("{number}.5"))));
        versions.reverse();
        prop_assert_eq!(replayed(&life, &versions), Vec::<String>::new());
    }
}
