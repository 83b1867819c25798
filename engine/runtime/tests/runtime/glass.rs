//! Breaking the glass, on every store: the opening and its review stand in one commit, it closes by itself, and whoever has not opened it is
//! told by no read that there is anything.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::People;
use statewright_core::identity::InstanceId;
use statewright_core::step::{ACCESS_REVIEW, Actor, TaskAct, TaskRef, Verdict};
use statewright_core::value::Value;
use statewright_engine::OpenRequest;
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::glass::review_source;
use statewright_engine::intake::Answer;
use statewright_engine::queries::{COUNT_SCAN_MAX, CountBy, CountRequest, ListRequest, MessagesAsked, QueueRequest};
use statewright_engine::registry::{Compiler, LanguageCompiler};
use statewright_engine::store::{IncidentKind, Store};
use statewright_engine::{Node, SendRequest, Surroundings, TaskRequest};

use crate::support::{World, key, on_every_store, operator, person, send_of, source, surroundings};

const CASE: &str = "
workflow: case
data: {level: {type: integer, default: 1, index: true}, name: {type: optional string, phi: true}}
start: {by: [clerk], input: [level, optional name]}
access:
  - {for: [clerk]}
  - {for: [doctor], break_glass: 4h}
  - {for: [porter], break_glass: 30m, show: [level]}
  - {for: [statistics], counts_only: 3, show: [level]}
initial: open
states:
  open:
    entry: [{notify: {to: [clerk], text: Opened, thread: true}}]
    task: {title: Look at it, for: [clerk]}
    on:
      CLOSE: {target: closed, by: [clerk, doctor]}
      TOUCH: {by: [clerk]}
  closed: {type: final}
";

on_every_store! {
    an_opening_is_seen_reviewed_and_over
    who_has_not_opened_it_is_told_by_no_read
    an_opening_is_repeated_under_its_key
    the_file_of_roles_says_who_reviews
}

fn doctor(id: &str) -> Actor {
    person(id, &["doctor"])
}

fn opening(actor: &Actor, case: &str, reason: &str) -> OpenRequest {
    OpenRequest {
        workflow: "case".into(),
        key: case.into(),
        reason: Some(reason.into()),
        actor: actor.clone(),
        input_key: None,
    }
}

async fn begun(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[CASE], |_| {}).await;
    let given = [("level", Value::Integer(2)), ("name", Value::from("Ida"))];
    world.start("case", "C-1", &given).await.unwrap();
    world
}

impl World {
    async fn open(&mut self, actor: &Actor, case: &str, reason: &str) -> EngineResult<Answer> {
        self.open_with(opening(actor, case, reason)).await
    }

    async fn open_with(&mut self, request: OpenRequest) -> EngineResult<Answer> {
        let engine = self.engine();
        let answer = self.ask(async move { engine.open(request).await }).await;
        self.settle().await;
        answer
    }

    async fn sees(&self, actor: &Actor) -> String {
        match self.engine().show("case", "C-1", actor).await {
            Ok(shown) => shown.data.keys().map(|name| &**name).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    async fn listed(&self, actor: &Actor) -> usize {
        let request = ListRequest {
            limit: 10,
            ..ListRequest::default()
        };
        let page = self.engine().list(&request, actor).await.unwrap();
        page.instances.iter().filter(|shown| &*shown.workflow == "case").count()
    }

    /// Key and title of what waits for somebody under the workflow of reviews.
    async fn reviews(&self, actor: &Actor) -> Vec<(String, String)> {
        let request = QueueRequest {
            workflow: Some(ACCESS_REVIEW.into()),
            limit: 10,
            ..QueueRequest::default()
        };
        let queue = self.engine().queue(&request, actor).await.unwrap();
        let queued = queue.tasks.iter();
        queued
            .map(|queued| (queued.key.to_string(), queued.task.title.clone()))
            .collect()
    }

    async fn review(&self, actor: &Actor, review: &str, verdict: &str) -> Verdict {
        let request = SendRequest {
            actor: actor.clone(),
            payload: [("verdict".into(), Value::from(verdict))].into(),
            ..send_of(ACCESS_REVIEW, review, "REVIEW")
        };
        self.send_as(request).await.unwrap().verdict
    }
}

const HIDDEN: &str = "there is nothing of that name, or it is not yours to see";

async fn an_opening_is_seen_reviewed_and_over(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    let (dora, dan) = (doctor("dora"), doctor("dan"));
    let mut officer = person("olaf", &["privacy_officer"]);
    assert_eq!((world.sees(&dora).await.as_str(), world.listed(&dora).await), (HIDDEN, 0));
    let opened = world.open(&dora, "C-1", "found unconscious").await.unwrap();
    let until: Timestamp = "2026-01-05T12:00:00Z".parse().unwrap();
    assert_eq!((&opened.verdict, opened.open_until), (&Verdict::Taken, Some(until)));
    assert_eq!(
        (world.sees(&dora).await.as_str(), world.listed(&dora).await),
        ("level name", 1)
    );
    assert_eq!(
        world.engine().show("case", "C-1", &dora).await.unwrap().open_until,
        Some(until)
    );
    assert_eq!((world.sees(&dan).await.as_str(), world.listed(&dan).await), (HIDDEN, 0));
    assert_eq!(
        world.trail("case", "C-1").await.last().map(String::as_str),
        Some("open by dora: taken")
    );
    // the review is there, and waits for whoever did not open it
    let [(review, title)] = world.reviews(&officer).await.try_into().expect("one review");
    assert_eq!(title, "Review why dora opened case/C-1");
    let told = world.engine().inbox(&officer, None, 10).await.unwrap();
    assert_eq!(
        told.notices.iter().map(|noticed| &*noticed.body.text).collect::<Vec<_>>(),
        ["dora opened case/C-1"]
    );
    let mut both = dora.clone();
    both.roles.push("privacy_officer".into());
    assert_eq!(world.reviews(&both).await, []);
    assert!(matches!(world.review(&both, &review, "justified").await, Verdict::Refused(_)));
    // nor on behalf of anybody, nor as their own substitute
    officer.on_behalf_of = Some("dora".into());
    assert!(matches!(
        world.review(&officer, &review, "justified").await,
        Verdict::Refused(_)
    ));
    officer.on_behalf_of = None;
    // opened again, it is open from then on, and reviewed apart
    world.pass(3 * 3_600);
    let again = world.open(&dora, "C-1", "still so").await.unwrap();
    let until: Timestamp = "2026-01-05T15:00:00Z".parse().unwrap();
    assert_eq!(again.open_until, Some(until));
    assert_eq!(world.reviews(&officer).await.len(), 2);
    // at that moment it is closed, whatever ran or did not
    world.pass(4 * 3_600 - 1);
    assert_eq!(
        (world.sees(&dora).await.as_str(), world.listed(&dora).await),
        ("level name", 1)
    );
    world.pass(1);
    assert_eq!((world.sees(&dora).await.as_str(), world.listed(&dora).await), (HIDDEN, 0));
    // and its review stands open until there is a verdict
    world.live(5).await;
    assert_eq!(world.reviews(&officer).await.len(), 2);
    assert_eq!(world.review(&officer, &review, "unjustified").await, Verdict::Taken);
    world.settle().await;
    assert_eq!(world.reviews(&officer).await.len(), 1);
    let reviewed = world.engine().show(ACCESS_REVIEW, &review, &officer).await.unwrap();
    let field = |name: &str| {
        reviewed
            .data
            .get(name)
            .and_then(Value::as_text)
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        ["verdict", "opened_by", "why", "reviewed_by"].map(field),
        ["unjustified", "dora", "found unconscious", "olaf"]
    );
    assert!(reviewed.done);
    world.prove().await;
}

/// Everything that is read of instances, asked by somebody who might open the case, by a porter, by statistics: as it is with the case,
/// and as it is without it.
async fn who_has_not_opened_it_is_told_by_no_read(store: Arc<dyn Store>) {
    let with = begun(store).await;
    let without = World::with(&[CASE]).await;
    let engine = with.engine();
    for reader in [
        doctor("dora"),
        person("pia", &["porter"]),
        person("stan", &["statistics"]),
        person("ned", &[]),
    ] {
        let mut told = Vec::new();
        for world in [&with, &without] {
            told.push(everything_told(world, &reader).await);
        }
        assert_eq!(told[0], told[1], "{}", reader.id);
    }
    // the same questions tell a clerk that it is there: they do ask
    let clerk = person("carl", &["clerk"]);
    let (there, nothing) = (everything_told(&with, &clerk).await, everything_told(&without, &clerk).await);
    let differing = there.iter().zip(&nothing).filter(|(one, other)| one != other).count();
    assert_eq!(differing, there.len(), "{there:#?}");
    // who only has an instance counted is told of enough of them, and of none of them
    for number in 2..=4 {
        with.start("case", &format!("C-{number}"), &[("level", Value::Integer(2))])
            .await
            .unwrap();
    }
    let counted = CountRequest {
        workflow: "case".into(),
        by: CountBy::Field("level".into()),
        sum: Some("level".into()),
        done: None,
        most: COUNT_SCAN_MAX,
    };
    let counts = engine.counts(&counted, &person("stan", &["statistics"])).await.unwrap();
    let cells: Vec<(Value, u64, Option<Value>)> = counts
        .cells
        .into_iter()
        .map(|(value, cell)| (value, cell.count, cell.sum))
        .collect();
    assert_eq!(cells, [(Value::Integer(2), 4, Some(Value::Integer(8)))]);
    assert_eq!((counts.least, counts.withheld), (Some(3), false));
    let dora = engine.counts(&counted, &doctor("dora")).await.unwrap();
    assert_eq!(
        (dora.total.map(|total| total.count), dora.cells),
        (Some(0), Vec::new()),
        "not counted either"
    );
}

/// The answers to all questions that [`Engine`](statewright_engine::Engine) answers about instances, as text.
async fn everything_told(world: &World, reader: &Actor) -> Vec<String> {
    fn told(answer: impl std::fmt::Debug) -> String {
        format!("{answer:?}")
    }
    let engine = world.engine();
    let list = ListRequest {
        limit: 10,
        ..ListRequest::default()
    };
    let queue = QueueRequest {
        held_too: true,
        limit: 10,
        ..QueueRequest::default()
    };
    let act = TaskRequest {
        workflow: "case".into(),
        key: "C-1".into(),
        task: TaskRef {
            name: "open".into(),
            opened: None,
        },
        act: TaskAct::Comment { text: "?".into() },
        actor: reader.clone(),
        input_key: Some(key("comment")),
        expected: None,
    };
    let send = SendRequest {
        actor: reader.clone(),
        ..send_of("case", "C-1", "TOUCH")
    };
    let stale = SendRequest {
        actor: reader.clone(),
        expected: Some(77),
        ..send_of("case", "C-1", "TOUCH")
    };
    let withdraw = statewright_engine::WithdrawRequest {
        workflow: "case".into(),
        key: "C-1".into(),
        event: "CLOSE".into(),
        actor: reader.clone(),
        input_key: None,
        expected: None,
    };
    let unreasoned = OpenRequest {
        reason: None,
        ..opening(reader, "C-1", "")
    };
    let counted = |by: CountBy| CountRequest {
        workflow: "case".into(),
        by,
        sum: Some("level".into()),
        done: None,
        most: COUNT_SCAN_MAX,
    };
    let (acting, sending, looking, withdrawing) = (world.engine(), world.engine(), world.engine(), world.engine());
    let mut answers = vec![
        told(engine.show("case", "C-1", reader).await),
        told(engine.can("case", "C-1", reader).await),
        told(engine.trail("case", "C-1", reader, 0, 10).await),
        told(engine.tasks_of("case", "C-1", reader).await),
        told(engine.conversation("case", "C-1", reader, MessagesAsked::NEWEST, 10).await),
        told(engine.inbox(reader, None, 10).await),
        told(engine.list(&list, reader).await.map(|listed| (listed.instances, listed.next))),
        told(engine.queue(&queue, reader).await),
        told(engine.counts(&counted(CountBy::Nothing), reader).await),
        told(engine.counts(&counted(CountBy::State), reader).await),
        told(engine.counts(&counted(CountBy::Field("level".into())), reader).await),
        told(world.ask(async move { acting.act(act).await }).await),
        told(world.ask(async move { sending.send(send).await }).await),
        told(world.ask(async move { looking.send(stale).await }).await),
        told(world.ask(async move { withdrawing.withdraw(withdraw).await }).await),
    ];
    if reader.id != "carl".into() {
        answers.push(told(engine.open(unreasoned).await));
        answers.push(told(engine.may_open("case", reader).await));
    }
    answers
}

async fn an_opening_is_repeated_under_its_key(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    let dora = doctor("dora");
    let request = || OpenRequest {
        input_key: Some(key("once")),
        ..opening(&dora, "C-1", "found unconscious")
    };
    let first = world.open_with(request()).await.unwrap();
    world.pass(5 * 3_600);
    let again = world.open_with(request()).await.unwrap();
    assert_eq!(
        (again.duplicate, again.open_until),
        (true, first.open_until),
        "its first answer"
    );
    assert_eq!(world.sees(&dora).await, HIDDEN, "which opens nothing");
    assert_eq!(world.reviews(&person("olaf", &["privacy_officer"])).await.len(), 1);
    let other = OpenRequest {
        reason: Some("another".into()),
        ..request()
    };
    assert_eq!(world.open_with(other).await, Err(EngineError::KeyReused));
}

async fn the_file_of_roles_says_who_reviews(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    let roles = "roles: {clerk: {}, doctor: {}, guardian: {}}\naccess_reviewer: guardian\n";
    world.engine().deploy_roles(&source(roles), &operator()).await.unwrap();
    world.open(&doctor("dora"), "C-1", "found unconscious").await.unwrap();
    assert_eq!(world.reviews(&person("olaf", &["privacy_officer"])).await, []);
    assert_eq!(world.reviews(&person("gus", &["guardian"])).await.len(), 1);
    world.prove().await;
}

#[tokio::test]
async fn a_review_comes_with_what_may_be_opened_and_is_nobodys_to_change() {
    let world = World::with(&["workflow: plain\naccess: [{for: [clerk]}]\nstates: {a: {type: final}}\n"]).await;
    let live = |world: &World| {
        world
            .engine()
            .registry()
            .live_hashes()
            .iter()
            .any(|(name, _)| **name == *ACCESS_REVIEW)
    };
    assert!(!live(&world), "not where nothing may be opened");
    let own = "workflow: access-review\nstates: {a: {type: final}}\n";
    let refused = world.engine().deploy(&source(own), &operator()).await;
    assert_eq!(
        refused,
        Err(EngineError::DefinitionRefused(
            "`access-review` is the name of the engine's own reviews of openings".into()
        ))
    );
    world.engine().deploy(&source(CASE), &operator()).await.unwrap();
    assert!(live(&world));
    assert!(world.engine().deploy(&review_source(), &operator()).await.unwrap().unchanged);
}

/// Nobody is told that there is such an instance for asking without a reason, or with one that is too long.
#[tokio::test]
async fn what_is_wrong_with_a_reason_is_told_before_anybody_looks() {
    let mut world = begun(Arc::new(statewright_engine::store::memory::MemoryStore::new())).await;
    for case in ["C-1", "C-9"] {
        for reason in ["", "  ", &"x".repeat(1_001)] {
            let answer = world.open(&doctor("dora"), case, reason).await.unwrap();
            assert!(
                matches!(answer.verdict, Verdict::Refused(_)) && answer.sequence == 0,
                "{case} {reason:.3}"
            );
        }
    }
    let ned = person("ned", &["porter's friend"]);
    assert!(matches!(
        world.open(&ned, "C-1", "curious").await,
        Err(EngineError::NoSuchInstance { .. })
    ));
    assert!(matches!(
        world.open(&doctor("dora"), "C-9", "curious").await,
        Err(EngineError::NoSuchInstance { .. })
    ));
    assert_eq!(
        world.trail("case", "C-1").await.len(),
        1,
        "and nothing of it stands in its trail"
    );
}

/// A review that cannot begin is not lost: it waits for an operator.
#[tokio::test]
async fn a_review_that_is_refused_is_an_incident() {
    let mut world = World::with(&[]).await;
    let compiler = |source: &str| {
        let mut chart = LanguageCompiler.compile(source)?;
        if *chart.workflow == *ACCESS_REVIEW {
            // nobody may start one
            chart.start.by = People::default();
        }
        Ok(chart)
    };
    let surroundings = Surroundings {
        compiler: Arc::new(compiler),
        ..surroundings("two", world.store.clone(), world.clock.clone(), world.adapter.clone())
    };
    world.node = Node::new(EngineConfig::named("two"), surroundings);
    world.engine().deploy(&source(CASE), &operator()).await.unwrap();
    world.start("case", "C-1", &[("level", Value::Integer(2))]).await.unwrap();
    world.open(&doctor("dora"), "C-1", "found unconscious").await.unwrap();
    let incidents = world.engine().incidents().await.unwrap();
    let review = format!("{}-2", InstanceId::of("case", "C-1"));
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        (incidents[0].kind, incidents[0].instance, incidents[0].error.as_str()),
        (
            IncidentKind::Message,
            InstanceId::of(ACCESS_REVIEW, &review),
            "adapter break_glass may not do this (start access-review)"
        )
    );
}
