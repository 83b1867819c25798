//! What a machine cannot decide waits for a person, and the decision is an entry of the trail.

use std::sync::Arc;

use statewright_engine::store::{Applied, EffectEnd, EffectResult, Incident, IncidentKind, Repair, Store};

use super::{must_commit, on_every_store};
use crate::shape::{effect, id, message, moment, name, step, touch};

on_every_store! {
    an_incident_is_not_offered
    one_that_is_gone_or_known_is_left
    the_oldest_come_first
    a_retry_offers_it_again
    a_settled_one_goes_and_answers
    a_decision_that_lost_its_race_changes_nothing
    no_incident_any_more
    arming_a_timer_again_ends_its_incident
}

fn incident(kind: IncidentKind, text: &str, since_us: i64) -> Incident {
    Incident {
        instance: id("a"),
        kind,
        name: text.into(),
        error: format!("{text} failed"),
        attempts: 2,
        since_us,
    }
}

/// A timer `t`, a message and an effect `e`, all of `a` and all incidents; gives the message's id.
async fn three_incidents(store: &Arc<dyn Store>) -> String {
    let mut write = step("a", 0);
    write.timers_armed.push((name("t"), 10));
    write.messages.push(message("a", "m", 10));
    write.effects.push(effect("e", 10));
    must_commit(store, &write).await;
    let waiting = store.messages_of(&[id("a")], 10, 10).await.unwrap()[0].id.to_string();
    store.raise_incident(&incident(IncidentKind::Timer, "t", 100)).await.unwrap();
    store
        .raise_incident(&incident(IncidentKind::Message, &waiting, 101))
        .await
        .unwrap();
    store.lease_effects("n", 10, 50, 10).await.unwrap();
    let failed = EffectResult {
        instance: id("a"),
        key: "e".into(),
        epoch: 1,
        attempts: 2,
        at_us: 102,
        end: EffectEnd::Incident {
            error: "e failed".into(),
        },
    };
    assert_eq!(store.end_attempts(&[failed]).await.unwrap(), [true]);
    waiting
}

async fn an_incident_is_not_offered(store: Arc<dyn Store>) {
    let waiting = three_incidents(&store).await;
    assert_eq!(store.due_timers(1000, 10).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.ready_messages(1000, moment(9), 10).await.unwrap(), []);
    assert_eq!(store.messages_of(&[id("a")], 1000, 10).await.unwrap(), []);
    assert_eq!(store.lease_effects("n", 1000, 2000, 10).await.unwrap(), []);
    let all = [
        incident(IncidentKind::Timer, "t", 100),
        incident(IncidentKind::Message, &waiting, 101),
        incident(IncidentKind::Effect, "e", 102),
    ];
    assert_eq!(store.incidents(10).await.unwrap(), all);
    assert_eq!(store.incidents(2).await.unwrap(), all[..2]);
    let number: i64 = waiting.parse().unwrap();
    let shown = store.message(id("a"), number).await.unwrap().expect("it is still there");
    assert_eq!((shown.to, shown.id, shown.body.as_str()), (id("a"), number, "m"));
    assert_eq!(store.message(id("b"), number).await.unwrap(), None);
    assert_eq!(store.message(id("a"), number + 1).await.unwrap(), None);
}

async fn one_that_is_gone_or_known_is_left(store: Arc<dyn Store>) {
    three_incidents(&store).await;
    let mut again = incident(IncidentKind::Timer, "t", 7);
    again.error = "another".into();
    store.raise_incident(&again).await.unwrap();
    store
        .raise_incident(&incident(IncidentKind::Timer, "unknown", 7))
        .await
        .unwrap();
    store
        .raise_incident(&incident(IncidentKind::Effect, "unknown", 7))
        .await
        .unwrap();
    store.raise_incident(&incident(IncidentKind::Message, "77", 7)).await.unwrap();
    store
        .raise_incident(&incident(IncidentKind::Message, "no number", 7))
        .await
        .unwrap();
    let all = store.incidents(10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0], incident(IncidentKind::Timer, "t", 100));
}

async fn the_oldest_come_first(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.timers_armed = vec![(name("t"), 10), (name("s"), 10), (name("u"), 10)];
    write.effects.push(effect("e", 10));
    must_commit(&store, &write).await;
    store.raise_incident(&incident(IncidentKind::Effect, "e", 5)).await.unwrap();
    store.raise_incident(&incident(IncidentKind::Timer, "t", 5)).await.unwrap();
    store.raise_incident(&incident(IncidentKind::Timer, "s", 5)).await.unwrap();
    store.raise_incident(&incident(IncidentKind::Timer, "u", 4)).await.unwrap();
    let names: Vec<String> = store
        .incidents(9)
        .await
        .unwrap()
        .iter()
        .map(|found| found.name.to_string())
        .collect();
    assert_eq!(names, ["u", "s", "t", "e"]);
}

async fn a_retry_offers_it_again(store: Arc<dyn Store>) {
    let waiting = three_incidents(&store).await;
    let retry = Repair::Retry { at_us: 300 };
    let decisions = [
        (IncidentKind::Timer, "t"),
        (IncidentKind::Message, &waiting),
        (IncidentKind::Effect, "e"),
    ];
    for (sequence, (kind, text)) in decisions.into_iter().enumerate() {
        let act = step("system", sequence as u64);
        let settled = store.settle_incident(id("a"), kind, text, &retry, &act).await.unwrap();
        assert_eq!(settled, Some(Applied::Committed));
    }
    assert_eq!(store.incidents(10).await.unwrap(), []);
    assert_eq!(
        store.due_timers(10, 10).await.unwrap()[0].due_us,
        10,
        "a timer keeps its moment"
    );
    assert_eq!(store.messages_of(&[id("a")], 10, 10).await.unwrap().len(), 1);
    assert_eq!(store.lease_effects("n", 299, 400, 10).await.unwrap(), []);
    let again = store.lease_effects("n", 300, 400, 10).await.unwrap();
    assert_eq!((again[0].attempts, again[0].epoch), (0, 2));
    assert_eq!(store.trail(id("system"), 0, 10).await.unwrap().len(), 3);
}

async fn a_settled_one_goes_and_answers(store: Arc<dyn Store>) {
    let waiting = three_incidents(&store).await;
    let answer = message("a", "given up", 5);
    let settle = |answer| Repair::Settle { answer };
    let kinds = [
        (IncidentKind::Effect, "e", settle(Some(answer))),
        (IncidentKind::Timer, "t", settle(None)),
        (IncidentKind::Message, &waiting, settle(None)),
    ];
    for (sequence, (kind, text, repair)) in kinds.into_iter().enumerate() {
        let act = step("system", sequence as u64);
        let settled = store.settle_incident(id("a"), kind, text, &repair, &act).await.unwrap();
        assert_eq!(settled, Some(Applied::Committed));
    }
    assert_eq!(store.incidents(10).await.unwrap(), []);
    assert_eq!(store.due_timers(1000, 10).await.unwrap(), []);
    assert_eq!(store.lease_effects("n", 1000, 2000, 10).await.unwrap(), []);
    let left = store.ready_messages(1000, moment(1), 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].body, "given up");
}

async fn a_decision_that_lost_its_race_changes_nothing(store: Arc<dyn Store>) {
    three_incidents(&store).await;
    must_commit(&store, &step("system", 0)).await;
    let mut late = step("system", 5);
    late.entries[0].input_key = None;
    let settle = Repair::Settle {
        answer: Some(message("a", "given up", 5)),
    };
    let settled = store
        .settle_incident(id("a"), IncidentKind::Effect, "e", &settle, &late)
        .await
        .unwrap();
    assert_eq!(settled, Some(Applied::Moved));
    let again = store
        .settle_incident(id("a"), IncidentKind::Effect, "e", &settle, &step("system", 0))
        .await
        .unwrap();
    assert!(matches!(again, Some(Applied::Duplicate { .. })));
    assert_eq!(store.incidents(10).await.unwrap().len(), 3);
    assert_eq!(store.ready_messages(1000, moment(9), 10).await.unwrap(), []);
}

async fn no_incident_any_more(store: Arc<dyn Store>) {
    let mut write = step("a", 0);
    write.timers_armed.push((name("t"), 10));
    must_commit(&store, &write).await;
    let retry = Repair::Retry { at_us: 300 };
    for (kind, text) in [
        (IncidentKind::Timer, "t"),
        (IncidentKind::Timer, "unknown"),
        (IncidentKind::Message, "12"),
        (IncidentKind::Message, "x"),
        (IncidentKind::Effect, "e"),
    ] {
        let act = step("system", 0);
        assert_eq!(store.settle_incident(id("a"), kind, text, &retry, &act).await.unwrap(), None);
    }
    assert_eq!(store.load(&[id("system")]).await.unwrap(), [None]);
}

async fn arming_a_timer_again_ends_its_incident(store: Arc<dyn Store>) {
    three_incidents(&store).await;
    let mut armed = touch("a", 1);
    armed.timers_armed.push((name("t"), 70));
    must_commit(&store, &armed).await;
    assert_eq!(store.due_timers(70, 10).await.unwrap().len(), 1);
    assert_eq!(store.incidents(10).await.unwrap().len(), 2);
}
