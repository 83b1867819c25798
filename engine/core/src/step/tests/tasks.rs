//! Tasks and their ladders.

use super::*;

const INSPECTION: &str = "
workflow: w
zone: Europe/Berlin
data: {rush: {type: boolean, default: false}, tray: {type: string, default: \"104\"}, mounted_by: optional user}
start: {by: [staff], input: [optional rush]}
access:
  - {for: [staff, inspector, supervisor]}
type: parallel
states:
  work:
    initial: mounting
    states:
      mounting:
        task: {for: [staff], title: \"Mount {{ tray }}\"}
        on: {MOUNTED: {target: inspection, by: [staff], actions: [{assign: {mounted_by: \"{{ actor.id }}\"}}]}}
      inspection:
        task:
          title: \"Inspect {{ tray }}\"
          for: [{role: inspector, unit: LAB}, {not: \"{{ mounted_by }}\"}]
          due: 4h
          priority: \"{{ 'urgent' if rush else 'normal' }}\"
          show: [tray, mounted_by]
          help: Both eyes
          escalate:
            - {at: 50%, while: unclaimed, to: [supervisor], via: [mail]}
            - {at: 100% + 30m, while: open, to: [{user: boss}], take: true, raise: LATE}
        on:
          PASS: {target: passed, by: [inspector]}
          LATE: {actions: [{assign: {rush: true}}]}
          RETRAY: {by: [staff], input: [tray]}
      passed: {type: final}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [staff]}, PASS: {actions: [{assign: {tray: wrong}}], by: [inspector]}}}
      held: {label: Customer service, pauses: [work], on: {RELEASE: {target: released, by: [staff]}}}
";

fn person(id: &str, role: &str) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = vec![role.into()];
    actor.unit = Some("LAB".into());
    actor
}

impl Life {
    fn act(&mut self, who: &Actor, act: TaskAct) -> String {
        self.act_on("work.inspection", who, act)
    }

    fn act_on(&mut self, name: &str, who: &Actor, act: TaskAct) -> String {
        let task = TaskRef::read(name);
        self.take(who.clone(), None, InputKind::Task { task, act })
    }

    fn finish(&mut self, who: &Actor, event: &str) -> String {
        let kind = InputKind::Event {
            name: event.into(),
            payload: Default::default(),
            task: Some(TaskRef::read("work.inspection")),
        };
        self.take(who.clone(), None, kind)
    }

    fn task(&self) -> &OpenTask {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        snapshot.tasks.get("work.inspection").expect("the task is open")
    }

    fn shown(&self, who: &Actor) -> TaskShown {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let all = Visibility::Shown { fields: None };
        let shown = tasks(&self.chart, snapshot, who, &all, &self.facts, self.now).expect("nothing is read");
        shown.into_iter().next().expect("a task is shown")
    }

    /// What queues were told by the last step.
    fn told(&self) -> String {
        let told = self.last().tasks.iter().map(|change| match change {
            TaskChange::Open { name, task } => format!("{name} p{} {}", task.priority, task.subjects().join(" ")),
            TaskChange::Gone { name } => format!("{name} gone"),
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

fn inspection(payload: &str) -> Life {
    let mut life = Life::begun(INSPECTION, payload);
    assert_eq!(life.send("MOUNTED"), "taken");
    life
}

#[test]
fn a_task_opens_with_its_state_and_closes_with_it() {
    let mut life = Life::begun(INSPECTION, "{}");
    assert_eq!(life.told(), "work.mounting p4 role:staff");
    assert_eq!(life.send("MOUNTED"), "taken");
    assert_eq!(life.told(), "work.inspection p4 role:inspector unit:LAB; work.mounting gone");
    assert_eq!(life.task().due, Some(moment("2026-03-26T12:00:00Z")));
    assert_eq!(life.finish(&person("cy", "inspector"), "PASS"), "taken");
    assert_eq!(life.told(), "work.inspection gone");
    assert!(life.snapshot.as_ref().is_some_and(|snapshot| snapshot.timers.is_empty()));
    assert!(
        life.entry().contains(r#""tasks":[{"gone":true,"name":"work.inspection"}]"#),
        "{}",
        life.entry()
    );
}

#[test]
fn finishing_a_task_is_offered_to_its_own_region_and_sending_to_all() {
    let mut life = inspection("{}");
    assert_eq!(life.finish(&person("cy", "inspector"), "PASS"), "taken");
    assert_eq!(life.data("tray"), "\"104\"");
    let mut life = inspection("{}");
    assert_eq!(life.send_as(person("cy", "inspector"), "PASS", "{}"), "taken");
    assert_eq!(life.data("tray"), "\"wrong\"");
}

#[test]
fn one_person_holds_it_and_others_are_told_who() {
    let mut life = inspection("{}");
    let (cy, di) = (person("cy", "inspector"), person("di", "inspector"));
    assert_eq!(life.act(&cy, TaskAct::Claim), "taken");
    assert_eq!(life.act(&di, TaskAct::Claim), "refused: cy holds this task");
    assert_eq!(life.act(&cy, TaskAct::Claim), "refused: cy holds this task already");
    assert_eq!(life.finish(&di, "PASS"), "refused: cy holds this task");
    assert_eq!(
        life.act(&di, TaskAct::Release { note: None }),
        "refused: cy holds this task, and may release it"
    );
    let to = Box::new(di.clone());
    assert_eq!(
        life.act(&di, TaskAct::Delegate { to: to.clone() }),
        "refused: only who holds a task may delegate it"
    );
    assert_eq!(life.act(&cy, TaskAct::Delegate { to }), "taken");
    assert_eq!(life.task().holder.as_deref(), Some("di"));
    assert_eq!(
        life.act(
            &di,
            TaskAct::Release {
                note: Some("left lens".into())
            }
        ),
        "taken"
    );
    assert_eq!(life.task().holder, None);
    assert_eq!(life.finish(&cy, "PASS"), "taken");
    let gone = life.act(&cy, TaskAct::Claim);
    assert_eq!(gone, "refused: the task `work.inspection` is not open any more");
}

#[test]
fn who_is_excluded_or_of_another_unit_is_not_among_them() {
    let mut life = inspection("{}");
    // who mounted it
    assert_eq!(
        life.act(&person("ada", "inspector"), TaskAct::Claim),
        "refused: ada is not among those whom this task is for"
    );
    let mut elsewhere = person("cy", "inspector");
    elsewhere.unit = Some("ED".into());
    let refused = "refused: cy is not among those whom this task is for";
    assert_eq!(life.act(&elsewhere, TaskAct::Claim), refused);
    assert_eq!(
        life.act(&person("di", "inspector"), TaskAct::Assign { to: Box::new(elsewhere) }),
        refused
    );
    let stranger = person("eve", "visitor");
    assert!(
        life.act(&stranger, TaskAct::Claim)
            .starts_with("refused: there is no such instance")
    );
}

#[test]
fn a_task_that_was_opened_again_is_another() {
    let mut life = inspection("{}");
    let opened = life.task().opened;
    let cy = person("cy", "inspector");
    let name = |opened: u64| format!("work.inspection@{opened}");
    assert_eq!(
        life.act_on(&name(opened + 1), &cy, TaskAct::Claim),
        "refused: the task `work.inspection` is not open any more"
    );
    assert_eq!(life.act_on(&name(opened), &cy, TaskAct::Claim), "taken");
    assert_eq!(
        life.act_on("work.nowhere", &cy, TaskAct::Claim),
        "refused: there is no task `work.nowhere`"
    );
}

#[test]
fn rungs_fire_once_at_their_moment_while_their_condition_holds() {
    let mut life = inspection("{}");
    let sue = person("sue", "supervisor");
    assert!(life.act(&sue, TaskAct::Claim).starts_with("refused: sue is not among"));
    life.until("2026-03-26T09:59:59Z");
    assert!(life.task().reached.is_empty());
    life.until("2026-03-26T10:00:00Z");
    assert_eq!(life.told(), "work.inspection p4 role:inspector unit:LAB role:supervisor");
    let notices: Vec<&str> = life.last().notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(notices, ["Waits: Inspect 104"]);
    // whom a rung reached may claim, and take it from whoever holds it
    assert_eq!(life.act(&sue, TaskAct::Claim), "taken");
    life.until("2026-03-26T12:30:00Z");
    assert_eq!(life.task().holder, None);
    assert_eq!(life.task().reached.len(), 2);
    // the event that the rung raised
    assert_eq!(life.data("rush"), "true");
    assert_eq!(life.task().priority, 8);
    life.until("2026-04-26T12:30:00Z");
    assert_eq!(life.task().reached.len(), 2);
}

#[test]
fn a_rung_whose_condition_is_over_is_not_needed_and_the_trail_says_so() {
    let mut life = inspection("{}");
    assert_eq!(life.act(&person("cy", "inspector"), TaskAct::Claim), "taken");
    life.until("2026-03-26T10:00:00Z");
    assert!(life.task().reached.is_empty());
    assert!(
        life.entry().contains("not needed: the task is not unclaimed any more"),
        "{}",
        life.entry()
    );
    assert_eq!(life.act(&person("cy", "inspector"), TaskAct::Acknowledge), "taken");
    // `while: open` fires all the same
    life.until("2026-03-26T12:30:00Z");
    assert_eq!(life.task().reached.len(), 1);
}

#[test]
fn while_it_is_on_hold_it_is_in_no_queue_and_its_time_stands_still() {
    let mut life = inspection("{}");
    life.until("2026-03-26T09:00:00Z");
    assert_eq!(life.send("HOLD"), "taken");
    assert_eq!(life.told(), "work.inspection gone");
    assert_eq!(
        life.act(&person("cy", "inspector"), TaskAct::Claim),
        "refused: On hold: Customer service"
    );
    life.until("2026-03-28T09:00:00Z");
    assert!(life.task().reached.is_empty());
    assert_eq!(life.send("RELEASE"), "taken");
    assert_eq!(life.told(), "work.inspection p4 role:inspector unit:LAB");
    assert_eq!(life.task().due, Some(moment("2026-03-28T12:00:00Z")));
    life.until("2026-03-28T09:59:59Z");
    assert!(life.task().reached.is_empty());
    life.until("2026-03-28T10:00:00Z");
    assert_eq!(life.task().reached.len(), 1);
}

#[test]
fn it_follows_its_data() {
    let mut life = inspection("{}");
    assert_eq!(life.send_with("RETRAY", r#"{"tray":"7"}"#), "taken");
    assert_eq!(life.shown(&person("cy", "inspector")).title, "Inspect 7");
    let life = inspection(r#"{"rush":true}"#);
    assert_eq!(life.task().priority, 8);
}

#[test]
fn it_says_why_it_is_here_and_what_happens_if_nobody_acts() {
    let mut life = inspection("{}");
    let cy = person("cy", "inspector");
    life.until("2026-03-26T10:00:00Z");
    let shown = life.shown(&cy);
    let why: Vec<String> = shown.why.iter().map(|why| format!("{} {}", why.at, why.what)).collect();
    assert_eq!(
        why,
        [
            "2026-03-26T08:00:00Z MOUNTED, by ada",
            "2026-03-26T10:00:00Z still unclaimed: went to supervisor as well"
        ]
    );
    let next: Vec<String> = shown.next.iter().map(|next| format!("{} {}", next.at, next.what)).collect();
    assert_eq!(
        next,
        ["2026-03-26T12:30:00Z goes to boss as well (inbox); is taken from whoever holds it; raises LATE"]
    );
    assert_eq!(
        shown.events.iter().map(|event| &**event).collect::<Vec<_>>(),
        ["PASS", "RETRAY"]
    );
    let beside: Vec<String> = shown.show.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    assert_eq!(beside.len(), 2, "{beside:?}");
    assert_eq!(shown.help.as_deref(), Some("Both eyes"));
}

#[test]
fn a_snapshot_with_tasks_is_read_back() {
    let mut life = inspection("{}");
    life.until("2026-03-26T10:00:00Z");
    assert_eq!(life.act(&person("cy", "inspector"), TaskAct::Claim), "taken");
    let at = Some(moment("2026-03-27T10:00:00Z"));
    assert_eq!(life.act(&person("cy", "inspector"), TaskAct::FollowUp { at }), "taken");
    assert_eq!(life.send("HOLD"), "taken");
    let snapshot = life.snapshot.clone().expect("the life has begun");
    let stored = snapshot.store(&life.chart);
    let read = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &stored.personal);
    assert_eq!(read, Ok(snapshot));
}

#[test]
fn an_instance_that_has_ended_has_nothing_to_do() {
    let mut life = Life::begun(
        "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
type: parallel
states:
  work:
    task: {for: [staff]}
    initial: a
    states:
      a: {on: {GO: {target: b, by: [staff]}}}
      b: {type: final}
",
        "{}",
    );
    assert_eq!(life.send("GO"), "taken");
    let snapshot = life.snapshot.as_ref().expect("begun");
    assert_eq!((snapshot.status, snapshot.tasks.len()), (Status::Done, 0));
}

#[test]
fn an_act_that_comes_again_is_told_from_another_under_the_same_key() {
    let mut life = Life::begun(INSPECTION, "{}");
    assert_eq!(life.send("MOUNTED"), "taken");
    let act = |act: TaskAct| Input {
        signed: None,
        key: None,
        actor: person("ida", "inspector"),
        reason: None,
        kind: InputKind::Task {
            task: TaskRef::read("work.inspection"),
            act,
        },
    };
    let to = |id: &str| TaskAct::Delegate {
        to: person(id, "inspector").into(),
    };
    let said = |text: &str| TaskAct::Comment { text: text.into() };
    let from = |user: &str, away: bool| TaskAct::TakeOver { from: user.into(), away };
    // whom it was taken from may be back by the time it is sent again
    let taken = [from("ivo", true), from("ivo", false)];
    let Ok(Stepped::Done(mut outcome)) = life.step(&act(taken[0].clone())) else {
        panic!("an act needs nothing")
    };
    let snapshot = life.snapshot.clone().expect("begun");
    let entry = seal(&life.chart, &mut outcome, &act(taken[0].clone()), snapshot.head).expect("it leaves a trace");
    assert_eq!(
        repeats(&life.chart, &snapshot, &entry.bytes, &act(taken[1].clone())),
        Ok(true)
    );
    let first = [said("chipped"), to("ivo"), TaskAct::Claim, from("ivo", true)];
    let other = [
        said("scratched"),
        to("eva"),
        TaskAct::Release { note: None },
        from("eva", true),
    ];
    for (first, other) in first.into_iter().zip(other) {
        let snapshot = life.snapshot.clone().expect("begun");
        let Ok(Stepped::Done(mut outcome)) = life.step(&act(first.clone())) else {
            panic!("an act needs nothing")
        };
        let entry = seal(&life.chart, &mut outcome, &act(first.clone()), snapshot.head).expect("it leaves a trace");
        assert_eq!(repeats(&life.chart, &snapshot, &entry.bytes, &act(first)), Ok(true));
        assert_eq!(repeats(&life.chart, &snapshot, &entry.bytes, &act(other)), Ok(false));
    }
}

#[test]
fn a_deadline_that_names_now_does_not_run_away_from_its_ladder() {
    let mut life = Life::begun(
        "workflow: w
data: {told: {type: integer, default: 0}}
start: {by: [staff]}
access: [{for: [staff]}]
initial: a
states:
  a:
    task:
      for: [staff]
      due: \"{{ now + minutes(30) }}\"
      escalate:
        - {at: 80%, while: unclaimed, to: [boss]}
        - {at: 100%, while: unclaimed, raise: LATE}
    on: {LATE: {actions: [{assign: {told: \"{{ told + 1 }}\"}}]}, NOTE: {by: [staff]}}
",
        "{}",
    );
    life.until("2026-03-26T08:20:00Z");
    assert_eq!(life.send("NOTE"), "taken");
    life.until("2026-03-26T08:30:00Z");
    assert_eq!(life.data("told"), "1");
}
