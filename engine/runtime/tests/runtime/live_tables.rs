//! Live tables, from a deployment to the trail: definitions pin what they count on, and every entry names the versions that were asked.

use std::sync::Arc;

use statewright_core::diagnostic::Sources;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::lang::{Bundle, compile};
use statewright_core::step::{SYSTEM_KEY, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::queries::ListRequest;
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::testing::FaultyStore;
use statewright_engine::{Engine, Node, SendRequest};

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, clerk, operator, send_of, source, source_beside};

const CLAIM: &str = "
workflow: claim
data: {kind: string, days: integer, percent: optional integer, price: optional decimal}
start: {by: [clerk], input: [kind, days]}
access: [{for: [clerk], if: \"table('prices', kind) is not none or days < 1000\"}]
initial: open
states:
  open:
    on:
      DECIDE:
        by: [clerk]
        guard: {if: \"decide('policy', kind=kind, days=days).covered\", otherwise: Not covered}
        actions: [{assign: {percent: \"{{ decide('policy', kind=kind, days=days).percent }}\"}}]
      PRICE: {by: [clerk], actions: [{assign: {price: \"{{ table('prices', kind).price }}\"}}]}
      CLOSE: {target: closed, by: [clerk]}
    always: {guard: \"percent != none and table('prices', kind).price > 100\", target: dear}
  dear: {on: {CLOSE: {target: closed, by: [clerk]}}}
  closed: {type: final}
";

const NOTHING: &str = "\nworkflow: nothing\nstart: {by: [clerk]}\naccess: [{for: [clerk]}]\ninitial: open\nstates: {open: {on: {GO: {by: [clerk]}}}}\n";

const INPUTS: &str = "{kind: {enum: [lens, frame]}, days: {type: integer, minimum: 0}}";

/// What is covered for so many days.
pub fn policy_of(inputs: &str, output: &str, most: u32, percent: u32) -> String {
    format!(
        "table: policy\nlive: true\ninputs: {inputs}\noutput: {output}\nrows:\n  - {{when: {{days: '<= {most}'}}, then: {{covered: true, percent: {percent}}}}}\n  - {{then: {{covered: false, percent: 0}}}}\n"
    )
}

pub fn policy(most: u32, percent: u32) -> String {
    policy_of(INPUTS, "{covered: boolean, percent: integer}", most, percent)
}

/// The rows stand in a file of their own.
fn prices(lens: &str) -> String {
    let table = "table: prices\nlive: true\nkey: kind\ncolumns: {kind: string, price: decimal}\nrows_from: prices.csv\n";
    source_beside(table, &[("prices.csv", &format!("kind,price\nlens,{lens}\n"))])
}

const NO_PRICES: &str = "table: prices\nlive: true\nkey: kind\ncolumns: {kind: string, price: decimal}\nrows: []\n";

/// A definition of a workflow beside these tables: it holds their declarations.
fn definition(workflow: &str, policy: &str) -> String {
    definition_beside(workflow, &[("tables/policy.yaml", policy), ("prices.yaml", NO_PRICES)])
}

fn definition_beside(workflow: &str, tables: &[(&str, &str)]) -> String {
    let given = source_beside(workflow, tables);
    let bundle = Bundle::read(&given).unwrap();
    let mut sources = Sources::new();
    let main = sources.add(bundle.main.clone(), workflow);
    let compiled = compile(&mut sources, main, &bundle);
    compiled.bundle.unwrap().canonical()
}

fn claim() -> String {
    definition(CLAIM, &policy(1, 1))
}

pub async fn begun(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[], |_| {}).await;
    let engine = world.engine();
    engine.deploy_table(&source(&policy(90, 50)), &operator()).await.unwrap();
    engine.deploy_table(&prices("19.90"), &operator()).await.unwrap();
    engine.deploy(&claim(), &operator()).await.unwrap();
    world
}

pub async fn start(world: &World, key: &str, days: i64) {
    let fields = [("kind", Value::from_text("lens")), ("days", Value::Integer(days))];
    world.start("claim", key, &fields).await.unwrap();
}

async fn states(world: &World, key: &str) -> String {
    world.show("claim", key).await.states.join(" ")
}

async fn versions_of_last(store: &Arc<dyn Store>, workflow: &str, key: &str) -> Vec<(String, Digest)> {
    let rows = store.trail(InstanceId::of(workflow, key), 0, 100).await.unwrap();
    let tables = EntryText::read(&rows.last().unwrap().bytes).unwrap().tables().unwrap();
    tables
        .into_iter()
        .map(|(name, version)| (name.to_string(), version))
        .collect()
}

/// Sends by a node that is not the world's own.
pub async fn send(engine: &Engine, world: &World, node: &Node, key: &str, event: &str) -> String {
    let (engine, send): (Engine, SendRequest) = (engine.clone(), send_of("claim", key, event));
    let asked = tokio::spawn(async move { engine.send(send).await });
    while !asked.is_finished() {
        tokio::task::yield_now().await;
        node.intake.tick(world.now()).await;
    }
    format!("{:?}", asked.await.unwrap().unwrap().verdict)
}

async fn check(store: Arc<dyn Store>) {
    let mut world = World::on(store.clone(), &[], |_| {}).await;
    let engine = world.engine();
    let refused = engine.deploy(&claim(), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("the live table `policy` has not been deployed"), "{refused}");
    let first = engine.deploy_table(&source(&policy(90, 50)), &operator()).await.unwrap();
    assert!(
        !first.unchanged
            && engine
                .deploy_table(&source(&policy(90, 50)), &operator())
                .await
                .unwrap()
                .unchanged
    );
    let price = engine.deploy_table(&prices("19.90"), &operator()).await.unwrap();
    let deployed = engine.deploy(&claim(), &operator()).await.unwrap();

    start(&world, "A", 90).await;
    start(&world, "B", 90).await;
    world.send("claim", "A", "DECIDE").await.unwrap();
    world.send("claim", "A", "PRICE").await.unwrap();
    assert_eq!(world.field("claim", "A", "percent").await, Value::Integer(50));

    // a newer version comes into force: whoever was decided stays, whoever is decided now is by the newer one
    let second = engine.deploy_table(&source(&policy(90, 70)), &operator()).await.unwrap();
    let newer = engine.deploy_table(&prices("150"), &operator()).await.unwrap();
    assert!(!second.unchanged && second.version != first.version);
    assert!(
        engine.deploy(&claim(), &operator()).await.unwrap().unchanged,
        "rows are nothing to it"
    );
    world.settle().await;
    assert_eq!(world.field("claim", "A", "percent").await, Value::Integer(50));
    assert_eq!(states(&world, "A").await, "open", "nobody is woken by a version");
    world.send("claim", "B", "DECIDE").await.unwrap();
    assert_eq!(world.field("claim", "B", "percent").await, Value::Integer(70));
    assert_eq!(states(&world, "B").await, "dear");
    let both = vec![("policy".to_owned(), second.version), ("prices".to_owned(), newer.version)];
    assert_eq!(versions_of_last(&store, "claim", "B").await, both);
    // what comes next to the one that waits is taken along the newer version
    world.send("claim", "A", "PRICE").await.unwrap();
    assert_eq!(states(&world, "A").await, "dear");

    // another node, which has seen none of it, asks what is live; one that has not heard of a newer version says so
    let other = world.another_node("two");
    for key in ["C", "D", "E"] {
        start(&world, key, 5).await;
    }
    assert_eq!(send(&other.engine, &world, &other, "C", "DECIDE").await, "Taken");
    assert_eq!(versions_of_last(&store, "claim", "C").await, both);
    let third = engine.deploy_table(&source(&policy(4, 10)), &operator()).await.unwrap();
    assert_eq!(send(&other.engine, &world, &other, "D", "DECIDE").await, "Taken");
    assert_eq!(versions_of_last(&store, "claim", "D").await, both);
    other.engine.registry().refresh().await.unwrap();
    let refused = send(&other.engine, &world, &other, "E", "DECIDE").await;
    assert!(refused.contains("Not covered"), "{refused}");
    assert_eq!(
        versions_of_last(&store, "claim", "E").await[0],
        ("policy".to_owned(), third.version)
    );

    // what `can` answers is by the version in force
    let offered = engine.can("claim", "E", &clerk()).await.unwrap();
    let offered = offered.into_iter().find(|offer| &*offer.event == "DECIDE").unwrap();
    assert_eq!(offered.refusals[0].sentence, "Not covered");

    // who deployed what when stands in the table's history and in the system's trail
    let history = store.table_history("policy", u64::MAX, 10).await.unwrap();
    let told: Vec<_> = history.iter().map(|line| (line.version, &*line.actor)).collect();
    assert_eq!(
        told,
        [(third.version, "olga"), (second.version, "olga"), (first.version, "olga")]
    );
    let system = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
    let entry = store.trail(system, history[0].entry - 1, 1).await.unwrap().remove(0);
    let act = format!(
        r#""act":{{"act":"table_deployed","table":"policy","version":"{}"}}"#,
        third.version
    );
    assert!(entry.bytes.contains(&act), "{}", entry.bytes);
    assert_eq!(store.table_history("prices", u64::MAX, 10).await.unwrap().len(), 2);
    assert_ne!(price.version, newer.version);
    assert_eq!(store.table_uses("policy").await.unwrap()[0].definition, deployed.hash);

    // years later everything is proven and stepped again
    world.pass(3 * 365 * 24 * 3_600);
    engine.deploy_table(&prices("1"), &operator()).await.unwrap();
    world.prove().await;
}

#[tokio::test]
async fn versions_of_a_table_are_kept_asked_and_proven_in_memory() {
    on_memory(check).await;
}

#[tokio::test]
async fn versions_of_a_table_are_kept_asked_and_proven_on_sqlite() {
    on_sqlite(check).await;
}

#[tokio::test]
async fn versions_of_a_table_are_kept_asked_and_proven_on_postgres() {
    on_postgres(check).await;
}

/// A version that somebody counts on otherwise is refused with their names, and changes nothing.
async fn check_breaking(store: Arc<dyn Store>) {
    let world = begun(store.clone()).await;
    let engine = world.engine();
    let old = store.live_hashes().await.unwrap()[0].1;
    start(&world, "A", 5).await;
    let live = store.live_tables().await.unwrap();
    let needy = policy_of(
        "{kind: {enum: [lens, frame]}, days: {type: integer, minimum: 0}, age: integer}",
        "{covered: boolean, percent: integer}",
        9,
        1,
    );
    let refused = engine
        .deploy_table(&source(&needy), &operator())
        .await
        .unwrap_err()
        .to_string();
    let told = format!(
        "this version of `policy` does not fit who asks it: `claim` ({old}, as it is live): it needs an input `age`, which nobody gives it"
    );
    assert!(refused.contains(&told), "{refused}");
    let less = policy_of(
        "{kind: {enum: [lens]}, days: {type: integer, minimum: 0}}",
        "{covered: boolean, percent: optional integer}",
        9,
        1,
    );
    let refused = engine
        .deploy_table(&source(&less), &operator())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("its input `kind` takes less: `frame` is not among its values; its `percent` may be empty now"),
        "{refused}"
    );
    assert_eq!(store.live_tables().await.unwrap(), live);
    assert_eq!(store.table_history("policy", u64::MAX, 10).await.unwrap().len(), 1);

    // no more live, but gone by
    let asking_less = CLAIM.replace("decide('policy', kind=kind, days=days)", "decide('policy', days=days)");
    let wide = "{kind: {type: optional string}, days: {type: integer, minimum: 0}}";
    let wider = definition(&asking_less, &policy_of(wide, "{covered: boolean, percent: integer}", 1, 1));
    let refused = engine.deploy(&wider, &operator()).await.unwrap_err().to_string();
    assert!(
        refused.contains("the table `policy` as it is live does not fit: its input `kind` is needed now"),
        "{refused}"
    );
    engine
        .deploy_table(
            &source(&policy_of(wide, "{covered: boolean, percent: integer}", 9, 1)),
            &operator(),
        )
        .await
        .unwrap();
    engine.deploy(&wider, &operator()).await.unwrap();
    let without = policy_of(
        "{days: {type: integer, minimum: 0}}",
        "{covered: boolean, percent: integer}",
        9,
        1,
    );
    let refused = engine
        .deploy_table(&source(&without), &operator())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("as it is live): it has no input `kind` any more"),
        "{refused}"
    );
    assert!(
        refused.contains(&format!(
            "({old}, whose instances are not all done): it has no input `kind` any more"
        )),
        "{refused}"
    );
    world.send("claim", "A", "CLOSE").await.unwrap();
    let refused = engine
        .deploy_table(&source(&without), &operator())
        .await
        .unwrap_err()
        .to_string();
    assert!(!refused.contains("not all done"), "{refused}");
    world.prove().await;
}

#[tokio::test]
async fn a_version_that_breaks_a_workflow_is_refused_with_its_name_in_memory() {
    on_memory(check_breaking).await;
}

#[tokio::test]
async fn a_version_that_breaks_a_workflow_is_refused_with_its_name_on_sqlite() {
    on_sqlite(check_breaking).await;
}

#[tokio::test]
async fn a_version_that_breaks_a_workflow_is_refused_with_its_name_on_postgres() {
    on_postgres(check_breaking).await;
}

/// Of two nodes one deploys a workflow that counts on something, the other a version that does not keep it: whoever is there first, when
/// the other one has compared already, is the only one.
#[tokio::test]
async fn a_workflow_and_a_version_that_breaks_it_are_never_both_deployed() {
    for table_first in [true, false] {
        let faulty = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new()), 1));
        let world = World::on(faulty.clone(), &[], |_| {}).await;
        let engine = world.engine();
        engine.deploy_table(&source(&policy(90, 50)), &operator()).await.unwrap();
        engine.deploy_table(&prices("19.90"), &operator()).await.unwrap();
        let needy = source(&policy_of(
            "{kind: {enum: [lens, frame]}, days: {type: integer, minimum: 0}, age: integer}",
            "{covered: boolean, percent: integer}",
            9,
            1,
        ));
        let other = world.another_node("two").engine;
        let system = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
        let refused = if table_first {
            faulty.meanwhile(system, async move {
                other.deploy_table(&needy, &operator()).await.unwrap();
            });
            engine.deploy(&claim(), &operator()).await.unwrap_err().to_string()
        } else {
            faulty.meanwhile(system, async move {
                other.deploy(&claim(), &operator()).await.unwrap();
            });
            engine.deploy_table(&needy, &operator()).await.unwrap_err().to_string()
        };
        assert!(
            refused.contains("it needs an input `age`, which nobody gives it"),
            "{refused}"
        );
        let deployed = faulty.live_hashes().await.unwrap().len();
        assert_eq!(deployed, usize::from(!table_first));
    }
}

#[tokio::test]
async fn what_is_no_live_table_is_refused() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let pinned = policy(1, 1).replace("live: true\n", "");
    for other in [source(NOTHING), source(&pinned)] {
        let refused = engine.deploy_table(&other, &operator()).await.unwrap_err().to_string();
        assert!(refused.contains("a live table is needed"), "{refused}");
    }
    let gap = policy(1, 1).replace("  - {then: {covered: false, percent: 0}}\n", "");
    let refused = engine.deploy_table(&source(&gap), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("SW-0905"), "{refused}");
    assert_eq!(world.store.live_tables().await.unwrap(), []);
}

#[tokio::test]
async fn whoever_asks_no_live_table_touches_none() {
    let world = World::with(&[NOTHING]).await;
    world.start("nothing", "A", &[]).await.unwrap();
    // it is not even looked at, so a version that nobody can read is nothing to them
    let engine = world.engine();
    engine.deploy_table(&source(&policy(1, 1)), &operator()).await.unwrap();
    let other = world.another_node("two");
    other.engine.registry().live("nothing").await.unwrap();
    other.engine.registry().refresh().await.unwrap();
    assert!(other.engine.registry().tables().known("policy").is_none());
    world.send("nothing", "A", "GO").await.unwrap();
    assert_eq!(versions_of_last(&world.store, "nothing", "A").await, []);
}

/// More than there are rounds in which a step is told what it needs.
#[tokio::test]
async fn one_step_may_ask_many_live_tables() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let names: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    let table =
        |name: &str| format!("table: {name}\nlive: true\nkey: k\ncolumns: {{k: string, n: integer}}\nrows: [{{k: a, n: 1}}]\n");
    let sum: Vec<String> = names.iter().map(|name| format!("table('{name}', 'a').n")).collect();
    let asking = format!(
        "\nworkflow: many\ndata: {{sum: optional integer}}\nstart: {{by: [clerk]}}\naccess: [{{for: [clerk]}}]\ninitial: open\nstates:\n  open: {{entry: [{{assign: {{sum: \"{{{{ {} }}}}\"}}}}]}}\n",
        sum.join(" + ")
    );
    let files: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("tables/{name}.yaml"), table(name)))
        .collect();
    for (_, text) in &files {
        engine.deploy_table(&source(text), &operator()).await.unwrap();
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    engine.deploy(&definition_beside(&asking, &files), &operator()).await.unwrap();
    world.start("many", "A", &[]).await.unwrap();
    assert_eq!(world.field("many", "A", "sum").await, Value::Integer(40));
    assert_eq!(versions_of_last(&world.store, "many", "A").await.len(), 40);
    world.prove().await;
}

/// Whether a unit is open.
fn units(columns: &str, row: &str) -> String {
    format!("table: units\nlive: true\nkey: unit\ncolumns: {columns}\nrows: [{row}]\n")
}

/// A workflow went on without its table, and the table without what the workflow asked: of those who have ended nobody can say any more who
/// sees them.
#[tokio::test]
async fn what_cannot_be_judged_any_more_is_hidden_and_keeps_nobody_from_the_others() {
    let seat = |access: &str| {
        format!(
            "workflow: seat\nkey: '{{{{ name }}}}'\ndata: {{name: string}}\nstart: {{by: [clerk], input: [name]}}\naccess: [{{for: [clerk]{access}}}]\ninitial: a\nstates: {{a: {{on: {{END: {{target: b, by: [clerk]}}}}}}, b: {{type: final}}}}\n"
        )
    };
    let asked = units("{unit: string, open: boolean}", "{unit: a, open: true}");
    let world = World::with(&[]).await;
    let engine = world.engine();
    engine.deploy_table(&source(&asked), &operator()).await.unwrap();
    let old = definition_beside(&seat(", if: \"table('units', 'a').open\""), &[("tables/units.yaml", &asked)]);
    engine.deploy(&old, &operator()).await.unwrap();
    for name in ["A", "B"] {
        world.start("seat", name, &[("name", Value::from(name))]).await.unwrap();
        world.send("seat", name, "END").await.unwrap();
    }
    engine.deploy(&source(&seat("")), &operator()).await.unwrap();
    world.start("seat", "C", &[("name", Value::from("C"))]).await.unwrap();
    let listed = async || {
        let request = ListRequest {
            workflow: Some("seat".into()),
            limit: 10,
            ..ListRequest::default()
        };
        let listed = engine.list(&request, &clerk()).await.unwrap();
        let mut keys: Vec<String> = listed.instances.iter().map(|shown| shown.key.to_string()).collect();
        keys.sort();
        keys
    };
    assert_eq!(listed().await, ["A", "B", "C"]);
    let without = units("{unit: string}", "{unit: a}");
    engine.deploy_table(&source(&without), &operator()).await.unwrap();
    assert_eq!(listed().await, ["C"]);
}
