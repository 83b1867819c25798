//! What holds for every chart and every sequence of events.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::chart::StateKind;
use crate::trail::{EntryText, Recorded, Replay, Replayed};

const CHART: &str = "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {n: {type: integer, default: 0}, log: {type: list, items: string, default: []}}
initial: p
states:
  p:
    type: parallel
    on: {OUT: {target: away, by: [staff]}}
    states:
      left:
        initial: a
        states:
          a: {after: {1h: b}, on: {GO: {target: b, by: [staff], actions: [{assign: {n: '{{ n + 1 }}'}}]}}}
          b: {initial: one, on: {GO: {target: a, by: [staff]}}, states: {one: {on: {IN: {target: two, by: [staff]}}}, two: {after: {2h: one}}}}
          memory: {type: history, history: deep, target: a}
      right:
        initial: x
        states:
          x: {on: {GO: {target: y, by: [staff], guard: n > 1}, HOLD: {target: held, by: [staff]}}}
          y: {always: {guard: n > 3, target: x, actions: [{assign: {n: 0}}]}, on: {IN: {target: x, by: [staff], actions: [{raise: GO}]}}}
          held: {pauses: [left], on: {HOLD: {target: x, by: [staff]}}}
  away:
    on:
      BACK: {target: p.left.memory, by: [staff]}
      END: {target: over, by: [staff]}
  over: {type: final}
";

static COMPILED: LazyLock<Chart> = LazyLock::new(|| compiled(CHART));

/// SCXML's definition of a legal configuration.
fn assert_legal(life: &Life) {
    let snapshot = life.snapshot.as_ref().expect("begun");
    for state in snapshot.active.iter() {
        let declared = life.chart.state(state);
        let active = declared
            .children
            .iter()
            .filter(|child| snapshot.active.contains(**child))
            .count();
        let regions = declared
            .children
            .iter()
            .filter(|child| !matches!(life.chart.state(**child).kind, StateKind::History { .. }))
            .count();
        match declared.kind {
            StateKind::Compound { .. } => assert_eq!(active, 1, "{}", declared.path),
            StateKind::Parallel => assert_eq!(active, regions, "{}", declared.path),
            StateKind::Atomic | StateKind::Final => assert_eq!(active, 0, "{}", declared.path),
            StateKind::History { .. } => panic!("a history state is active"),
        }
        assert!(declared.parent.is_none_or(|parent| snapshot.active.contains(parent)));
    }
}

/// What entries tell of a snapshot.
fn told(snapshot: &Snapshot) -> impl PartialEq + std::fmt::Debug + use<> {
    let running = snapshot
        .timers
        .iter()
        .filter(|(_, timer)| !timer.spent && timer.remaining_us.is_none());
    let running: Vec<_> = running.map(|(name, timer)| (name.clone(), timer.due)).collect();
    let data: Vec<_> = snapshot.data.iter().filter(|(_, value)| !value.is_null()).collect();
    let data: Vec<_> = data.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let begun = (
        snapshot.instance,
        snapshot.key.clone(),
        snapshot.started_at,
        snapshot.definition,
    );
    (
        begun,
        snapshot.sequence,
        snapshot.head,
        snapshot.status,
        snapshot.active,
        data,
        running,
    )
}

proptest! {
    #[test]
    fn configurations_stay_legal_and_the_same_inputs_give_the_same_bytes(events in prop::collection::vec(0..8_u8, 0..40)) {
        let mut lives = [Life::on(COMPILED.clone()), Life::on(COMPILED.clone())];
        for life in &mut lives {
            prop_assert_eq!(life.start("{}"), "taken");
            let mut minutes = 0;
            for event in &events {
                match event {
                    7 => {
                        minutes += 45;
                        let moment = moment("2026-03-26T08:00:00Z") + jiff::SignedDuration::from_mins(minutes);
                        life.until(&moment.to_string());
                    }
                    other => { life.send(["GO", "IN", "OUT", "BACK", "HOLD", "END", "NOTHING"][usize::from(*other)]); }
                }
                assert_legal(life);
            }
        }
        let [first, second] = &lives;
        prop_assert_eq!(&first.outcomes, &second.outcomes);
        prop_assert_eq!(&first.entries, &second.entries);
        let mut replay = Replay::begin(&first.chart, &[]);
        let mut recorded = Recorded::default();
        for entry in first.entries.iter().flatten() {
            prop_assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same));
            let text = EntryText::read(&entry.bytes).expect("our own");
            prop_assert_eq!(recorded.follow(&entry.bytes, &text), Ok(()));
            let stepped = replay.snapshot().expect("begun");
            prop_assert_eq!(told(&recorded.stood(&first.chart, &[]).expect("begun").snapshot), told(stepped));
        }
        prop_assert_eq!(replay.snapshot(), first.snapshot.as_ref());
        let snapshot = first.snapshot.as_ref().expect("begun");
        let stored = snapshot.store(&first.chart);
        let restored = Snapshot::restore(&first.chart, &stored.canonical, snapshot.head, &stored.personal);
        prop_assert_eq!(restored.as_ref(), Ok(snapshot));
    }
}
