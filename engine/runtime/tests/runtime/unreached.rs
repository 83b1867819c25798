//! Tasks that reach nobody: told as long as the directory has nobody who could do them, and no longer.

use std::sync::Arc;

use statewright_core::step::{TaskAct, TaskRef};
use statewright_core::value::Value;
use statewright_engine::TaskRequest;
use statewright_engine::store::Store;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, person, source};

const VISIT: &str = "workflow: visit
key: \"{{ name }}\"
data: {name: string, place: string, doctor: optional user}
start: {by: [clerk], input: [name, place]}
access: [{for: [clerk, nurse, lead, boss]}]
initial: waiting
states:
  waiting:
    task:
      for: [{role: nurse, unit: \"{{ place }}\", skill: triage}]
      due: 10m
      escalate:
        - {at: 100%, to: [{role: lead, unit: \"{{ place }}\"}]}
        - {at: 100% + 10m, to: [boss]}
    on: {SEEN: {target: seen, by: [clerk]}}
  seen:
    task: {for: [{user: \"{{ doctor }}\"}]}
    on: {GIVE: {target: given, by: [clerk]}}
  given:
    task: {for: [porter], auto_assign: {}}
    on: {DONE: {target: done, by: [clerk]}}
  done: {type: final}
";

const ROLES: &str = "roles: {clerk: {}, nurse: {}, lead: {}, boss: {}, porter: {}, head: {includes: [lead]}}\n";

const ENDS: &str = "the directory has nobody who is that. It ends by itself as soon as somebody is there, or has taken the task";

impl World {
    async fn put_of(&self, id: &str, role: &str, unit: &str) {
        let mut somebody = person(id, &[role]);
        somebody.unit = Some(unit.into());
        somebody.skills = vec!["triage".into()];
        self.engine().put_person(&somebody, &operator()).await.unwrap();
    }

    /// Each with what is said of it.
    async fn unreached(&self) -> Vec<(String, String)> {
        let found = self.engine().unreached().await.unwrap();
        let each = found.into_iter().map(|task| {
            let why = task.why.replace(ENDS, "…");
            (format!("{}/{} {}", task.workflow, task.key, task.task), why)
        });
        each.collect()
    }
}

fn said(task: &str, why: &str) -> Vec<(String, String)> {
    vec![(format!("visit/V {task}"), format!("{why}: …"))]
}

async fn as_long_as_nobody_is_there(store: Arc<dyn Store>) {
    let mut world = World::on(store, &[VISIT], |_| {}).await;
    world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
    let payload = [("name", Value::from_text("V")), ("place", Value::from_text("Emergency"))];
    world.start("visit", "V", &payload).await.unwrap();
    world.live(601).await;
    // who works there is known to others, where the directory is empty
    assert_eq!(world.unreached().await, []);
    world.put_of("bo", "boss", "ED").await;
    world.put_of("nia", "nurse", "ED").await;
    assert_eq!(
        world.unreached().await,
        said(
            "waiting",
            "it is for nurse of the unit Emergency with the skill triage, and its ladder climbed to lead of the unit Emergency"
        )
    );
    world.put_of("eve", "nurse", "Emergency").await;
    assert_eq!(
        world.unreached().await,
        said("waiting", "its ladder climbed to lead of the unit Emergency")
    );
    // who has it is there
    let holder = async |world: &World, act: TaskAct| {
        let request = TaskRequest {
            workflow: "visit".into(),
            key: "V".into(),
            task: TaskRef::read("waiting"),
            act,
            actor: world.engine().person("eve").await.unwrap().unwrap(),
            input_key: None,
            expected: None,
        };
        let engine = world.engine();
        world.ask(async move { engine.act(request).await }).await.unwrap();
    };
    holder(&world, TaskAct::Claim).await;
    assert_eq!(world.unreached().await, []);
    holder(&world, TaskAct::Release { note: None }).await;
    assert_eq!(world.unreached().await.len(), 1);
    // by what a role includes, too
    world.put_of("hal", "head", "Emergency").await;
    assert_eq!(world.unreached().await, []);
    // and what comes later reaches somebody: nothing is said of it
    world.live(700).await;
    assert_eq!(world.unreached().await, []);
    world.engine().remove_person("hal", &operator()).await.unwrap();
    assert_eq!(world.unreached().await.len(), 1);
    world.prove().await;
}

#[tokio::test]
async fn a_ladder_that_climbs_to_nobody_is_told_as_long_as_it_does() {
    on_memory(as_long_as_nobody_is_there).await;
    on_sqlite(as_long_as_nobody_is_there).await;
    on_postgres(as_long_as_nobody_is_there).await;
}

#[tokio::test]
async fn what_is_for_nobody_or_given_to_nobody_is_told() {
    on_memory(async |store| {
        let mut world = World::on(store, &[VISIT], |_| {}).await;
        world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
        world.put_of("bo", "boss", "ED").await;
        let payload = [("name", Value::from_text("V")), ("place", Value::from_text("ED"))];
        world.start("visit", "V", &payload).await.unwrap();
        // it waits, and its ladder has not climbed yet
        assert_eq!(world.unreached().await, []);
        world.send("visit", "V", "SEEN").await.unwrap();
        assert_eq!(world.unreached().await, said("seen", "it is for nobody"));
        world.send("visit", "V", "GIVE").await.unwrap();
        world.settle().await;
        assert_eq!(world.unreached().await, said("given", "it is for porter"));
        world.put_of("pat", "porter", "W3").await;
        assert_eq!(world.unreached().await, []);
        world.prove().await;
    })
    .await;
}
