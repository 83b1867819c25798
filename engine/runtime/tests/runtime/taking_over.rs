//! Taking a task from somebody who is away: the directory says who is, and nobody else.

use statewright_core::step::{Actor, TakingOver, TaskAct, TaskRef};
use statewright_engine::TaskRequest;
use statewright_engine::directory::Absence;
use statewright_engine::error::EngineResult;
use statewright_engine::intake::Answer;
use statewright_engine::queries::QueueRequest;

use crate::fixture::on_memory;
use crate::support::{World, key, operator, person};

const REPAIR: &str = "workflow: repair
data: {ticket: {type: string, default: T}}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open: {task: {title: Mend it, for: [clerk]}, on: {MENDED: {target: mended, by: [clerk]}}}
  mended: {type: final}
";

impl World {
    async fn on_repair(&self, who: &Actor, act: TaskAct, named: Option<&str>) -> EngineResult<Answer> {
        let request = TaskRequest {
            workflow: "repair".into(),
            key: "A".into(),
            task: TaskRef::read("open"),
            act,
            actor: who.clone(),
            input_key: named.map(key),
            expected: None,
        };
        let engine = self.engine();
        self.ask(async move { engine.act(request).await }).await
    }

    /// The first task that others hold, as somebody's queue and its instance say whether they could take it over.
    async fn could_take_over(&self, who: &Actor) -> [TakingOver; 2] {
        let request = QueueRequest {
            held_too: true,
            limit: 10,
            ..QueueRequest::default()
        };
        let queue = self.engine().queue(&request, who).await.unwrap();
        let tasks = self.engine().tasks_of("repair", "A", who).await.unwrap();
        [queue.tasks[0].task.taking_over, tasks[0].task.taking_over]
    }
}

#[tokio::test]
async fn who_is_away_is_what_the_directory_says_and_not_who_asks() {
    on_memory(async |store| {
        let world = World::on(store, &[REPAIR], |_| {}).await;
        let (ann, bob) = (person("ann", &["clerk"]), person("bob", &["clerk"]));
        let engine = world.engine();
        for somebody in [&ann, &bob] {
            engine.put_person(somebody, &operator()).await.unwrap();
        }
        world.start("repair", "A", &[]).await.unwrap();
        world.on_repair(&ann, TaskAct::Claim, None).await.unwrap();
        let take = |away: bool| TaskAct::TakeOver {
            from: "ann".into(),
            away,
        };
        // whatever a request says of it
        let said = world.on_repair(&bob, take(true), None).await.unwrap().verdict;
        assert_eq!(said.as_str(), "refused");
        assert_eq!(world.could_take_over(&bob).await, [TakingOver::Never; 2]);

        let from = Some(world.now() + jiff::SignedDuration::from_hours(1));
        let absence = Absence {
            from,
            until: Some(world.now() + jiff::SignedDuration::from_hours(9)),
            substitute: None,
        };
        let leave = |absence: Option<Absence>| {
            let directory = engine.directory();
            let now = world.now();
            async move { directory.absent("ann", absence, &operator(), now).await.unwrap() }
        };
        leave(Some(absence)).await;
        assert_eq!(world.could_take_over(&bob).await, [TakingOver::Never; 2], "not yet");
        world.pass(3_600);
        assert_eq!(world.could_take_over(&bob).await, [TakingOver::Now; 2]);
        assert_eq!(world.could_take_over(&ann).await, [TakingOver::Never; 2], "it is hers");
        let taken = world.on_repair(&bob, take(false), Some("once")).await.unwrap();
        assert_eq!((taken.verdict.as_str(), taken.duplicate), ("taken", false));
        let tasks = engine.tasks_of("repair", "A", &bob).await.unwrap();
        assert_eq!(tasks[0].task.holder, Some("bob".into()));
        let told = engine.inbox(&ann, None, 10).await.unwrap().notices;
        let told: Vec<&str> = told.iter().map(|notice| &*notice.body.text).collect();
        assert_eq!(told, ["bob took over from you: Mend it"]);

        // back again: what was sent once is answered as it was, and nothing new is taken
        leave(None).await;
        let again = world.on_repair(&bob, take(false), Some("once")).await.unwrap();
        assert_eq!((again.verdict.as_str(), again.duplicate), ("taken", true));
        world.on_repair(&bob, TaskAct::Release { note: None }, None).await.unwrap();
        world.on_repair(&ann, TaskAct::Claim, None).await.unwrap();
        let said = world.on_repair(&bob, take(true), None).await.unwrap().verdict;
        assert_eq!(said.as_str(), "refused");
        world.prove().await;
    })
    .await;
}
