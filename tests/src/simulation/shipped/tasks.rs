//! People's tasks as the trail tells them: each run from its opening to its end, whose it is, and its ladder.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, RungCondition, Task};
use statewright_core::step::{Audience, AudiencePattern, OpenTask, Seeking, Snapshot};
use statewright_engine::store::TaskRow;

use super::audit::Tally;
use super::entry::{Entry, moment_of, text_of};
use super::rungs::{Due, Rungs, due_of, moved};

/// One opening of a task.
pub struct Run {
    opened: u64,
    /// From when its time counts: later than its opening by as long as it was on hold.
    begun: Timestamp,
    held_since: Option<Timestamp>,
    due: Option<Timestamp>,
    holder: Option<Arc<str>>,
    acknowledged: bool,
    rungs: Rungs,
}

/// The open runs of one instance, by the paths of their states.
#[derive(Default)]
pub struct Runs {
    open: BTreeMap<Arc<str>, Run>,
    /// Rungs by the names of their timers, which outlive a run that is followed by another at once.
    armed: BTreeMap<Arc<str>, Timestamp>,
}

type Checked = Result<(), String>;

impl Runs {
    /// Follows an entry. `moments`: of this entry and of all before it.
    pub fn follow(&mut self, chart: &Chart, entry: &Entry, moments: &[Timestamp], tally: &mut Tally) -> Checked {
        if entry.taken && entry.kind() == "timer" {
            self.fire(chart, entry, tally)?;
        }
        if entry.taken && entry.kind() == "task" {
            self.act(entry, tally)?;
        }
        if entry.taken && entry.kind() == "event" {
            self.finish(entry)?;
        }
        for change in entry.list("tasks") {
            let name: Arc<str> = text_of(change, "name").unwrap_or_default().into();
            let is_left = entry.names("left", &name);
            match change.field("gone") {
                Some(_) if is_left => {}
                Some(_) => self.hold(&name, entry.at)?,
                None => self.show(chart, entry, name, change, moments, tally)?,
            }
        }
        let gone: Vec<Arc<str>> = self
            .open
            .iter()
            .filter(|(name, run)| is_over(entry, name, run))
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            self.open.remove(&name);
        }
        if entry.is_done() {
            self.open.clear();
        }
        self.arm(entry);
        self.check_rungs(chart)
    }

    fn hold(&mut self, name: &Arc<str>, at: Timestamp) -> Checked {
        match self.open.get_mut(name) {
            Some(run) if run.held_since.is_none() => {
                run.held_since = Some(at);
                Ok(())
            }
            _ => Err(format!("the task {name} leaves the queue, and is in none")),
        }
    }

    /// A queue shows it from now on, or otherwise than before.
    fn show(
        &mut self,
        chart: &Chart,
        entry: &Entry,
        name: Arc<str>,
        change: &statewright_core::value::Value,
        moments: &[Timestamp],
        tally: &mut Tally,
    ) -> Checked {
        let opened = change
            .field("opened")
            .and_then(statewright_core::value::Value::as_integer)
            .unwrap_or(0);
        let opened = u64::try_from(opened).unwrap_or(0);
        let holder: Option<Arc<str>> = text_of(change, "holder").map(Arc::from);
        if task_of(chart, &name).is_none() {
            return Err(format!("the task {name} is of no state that has one"));
        }
        let is_known = self.open.get(&name).is_some_and(|run| run.opened == opened);
        if !is_known {
            let began = usize::try_from(opened)
                .ok()
                .and_then(|opened| moments.get(opened.checked_sub(1)?));
            let Some(began) = began else {
                return Err(format!("the task {name} was opened by entry {opened}, which is none"));
            };
            tally.tasks += 1;
            let fresh = Run {
                opened,
                begun: *began,
                // what was opened on hold is in no queue until that is over
                held_since: (*began != entry.at).then_some(*began),
                due: None,
                holder: None,
                acknowledged: false,
                rungs: Rungs::default(),
            };
            self.open.insert(name.clone(), fresh);
        }
        let Some(run) = self.open.get_mut(&name) else { return Ok(()) };
        if let Some(since) = run.held_since.take() {
            let held_us = entry.at.as_microsecond() - since.as_microsecond();
            run.begun = moved(run.begun, held_us).unwrap_or(run.begun);
        }
        run.due = moment_of(change, "due");
        if run.holder != holder {
            let was = run.holder.clone();
            return Err(format!(
                "the task {name} is {}'s and was {}'s, and nobody did that",
                who(&holder),
                who(&was)
            ));
        }
        Ok(())
    }

    /// A rung is due: it fires once a run, not before its time, and does nothing exactly where its condition does not hold.
    fn fire(&mut self, chart: &Chart, entry: &Entry, tally: &mut Tally) -> Checked {
        let Some((name, position)) = rung_of(entry.input("name").unwrap_or_default()) else {
            return Ok(());
        };
        let Some((run, task)) = self.open.get_mut(name).zip(task_of(chart, name)) else {
            return Err(format!("rung {} of {name} fires, and the task is not open", position + 1));
        };
        let rung = task
            .ladder
            .get(position)
            .ok_or_else(|| format!("{name} has no rung {}", position + 1))?;
        let place = format!("rung {} of {name}, opened by entry {}", position + 1, run.opened);
        if let Due::At(due) = due_of(rung, run.begun, run.due)
            && entry.at < due
        {
            return Err(format!("{place}, fires at {}, and is due at {due}", entry.at));
        }
        if run.rungs.fire(position) > 1 {
            return Err(format!("{place}, fires a second time"));
        }
        tally.rungs += 1;
        let holds = match rung.during {
            RungCondition::Open => true,
            RungCondition::Unacknowledged => !run.acknowledged,
            RungCondition::Unclaimed => !run.acknowledged && run.holder.is_none(),
        };
        let did_nothing = entry.notes("not_needed", entry.input("name").unwrap_or_default());
        if holds == did_nothing {
            return Err(format!(
                "{place}: its condition {} holds: {holds}, and it did nothing: {did_nothing}",
                rung.during.as_str()
            ));
        }
        if holds && rung.take {
            run.holder = None;
        }
        Ok(())
    }

    fn act(&mut self, entry: &Entry, tally: &mut Tally) -> Checked {
        let name = entry.input("task").unwrap_or_default();
        let Some(run) = self.open.get_mut(name) else {
            return Err(format!("{} acts on the task {name}, which is not open", entry.actor()));
        };
        let actor = entry.actor();
        match entry.input("act").unwrap_or_default() {
            "claim" => {
                if let Some(holder) = &run.holder {
                    return Err(format!("{actor} claims the task {name}, which {holder} holds"));
                }
                tally.claims += 1;
                run.holder = Some(actor);
            }
            "take_over" => {
                let from = entry.input("from").map(Arc::from);
                if from.is_none() || run.holder != from || from.as_ref() == Some(&actor) {
                    let held = who(&run.holder);
                    return Err(format!(
                        "{actor} takes the task {name} from {}, and {held} holds it",
                        who(&from)
                    ));
                }
                tally.taken_over += 1;
                run.holder = Some(actor);
            }
            "release" if run.holder.is_none() => {
                return Err(format!("{actor} gives the task {name} back, which nobody holds"));
            }
            "release" => run.holder = None,
            "assign" | "delegate" => {
                let to = entry.input_value("to").and_then(|to| text_of(to, "id"));
                if entry.input("act") == Some("delegate") && run.holder.as_ref() != Some(&actor) {
                    return Err(format!("{actor} delegates the task {name}, which {} holds", who(&run.holder)));
                }
                run.holder = to.map(Arc::from);
            }
            "give" => {
                if let Some(holder) = &run.holder {
                    return Err(format!("the task {name} is given to somebody, and {holder} holds it"));
                }
                let to = entry.input_value("to").and_then(|to| text_of(to, "id"));
                tally.given += u64::from(to.is_some());
                run.holder = to.map(Arc::from);
            }
            "hand_over" => {
                let holder = entry.input("holder").map(Arc::from);
                if run.holder != holder {
                    let held = who(&run.holder);
                    return Err(format!(
                        "the task {name} is given back for {}, and {held} holds it",
                        who(&holder)
                    ));
                }
                tally.handed_over += 1;
                run.holder = None;
            }
            "acknowledge" => run.acknowledged = true,
            _ => {}
        }
        Ok(())
    }

    /// Another's task is not finished.
    fn finish(&self, entry: &Entry) -> Checked {
        let Some(name) = entry.input("task") else { return Ok(()) };
        let actor = entry.actor();
        match self.open.get(name) {
            None => Err(format!("{actor} finishes the task {name}, which is not open")),
            Some(Run {
                holder: Some(holder), ..
            }) if *holder != actor => Err(format!("{actor} finishes the task {name}, which {holder} holds")),
            Some(_) => Ok(()),
        }
    }

    fn arm(&mut self, entry: &Entry) {
        for timer in entry
            .list_in("timers", "cancelled")
            .iter()
            .filter_map(|timer| timer.as_text())
        {
            self.armed.remove(timer);
        }
        for timer in entry.list_in("timers", "armed") {
            let name = text_of(timer, "name").filter(|name| rung_of(name).is_some());
            if let Some((name, due)) = name.zip(moment_of(timer, "due")) {
                self.armed.insert(name.into(), due);
            }
        }
    }

    /// Those whose moments can be computed are armed for them.
    fn check_rungs(&self, chart: &Chart) -> Checked {
        for (name, run, position, due) in self.rungs(chart) {
            if let Some(wrong) = run.rungs.misarmed(position, due, self.armed_for(name, position)) {
                return Err(format!(
                    "rung {} of {name}, opened by entry {}, {wrong}",
                    position + 1,
                    run.opened
                ));
            }
        }
        Ok(())
    }

    /// A rung that was due by then and has not fired.
    pub fn missing(&self, chart: &Chart, by: Timestamp) -> Option<String> {
        self.rungs(chart).find_map(|(name, run, position, due)| {
            let due = run.rungs.missing(position, due, self.armed_for(name, position), by)?;
            Some(format!(
                "rung {} of {name}, opened by entry {}, was due at {due} and has not fired",
                position + 1,
                run.opened
            ))
        })
    }

    fn armed_for(&self, name: &str, position: usize) -> Option<Timestamp> {
        self.armed.get(&*format!("task/{name}/{}", position + 1)).copied()
    }

    /// The rungs of all runs that are not on hold, and when each is due.
    fn rungs<'r>(&'r self, chart: &'r Chart) -> impl Iterator<Item = (&'r Arc<str>, &'r Run, usize, Due)> {
        let running = self.open.iter().filter(|(_, run)| run.held_since.is_none());
        running.flat_map(move |(name, run)| {
            let ladder = task_of(chart, name).map(|task| &task.ladder[..]).unwrap_or_default();
            let rungs = ladder.iter().enumerate();
            rungs.map(move |(position, rung)| (name, run, position, due_of(rung, run.begun, run.due)))
        })
    }

    /// What the snapshot says is what the trail says.
    pub fn compare(&self, snapshot: &Snapshot) -> Checked {
        let shown = snapshot.tasks.iter().filter(|(_, task)| task.held_since.is_none());
        let in_snapshot: BTreeMap<_, _> = shown
            .map(|(name, task)| (name, (task.opened, &task.holder, task.due)))
            .collect();
        let running = self.open.iter().filter(|(_, run)| run.held_since.is_none());
        let in_trail: BTreeMap<_, _> = running
            .map(|(name, run)| (name, (run.opened, &run.holder, run.due)))
            .collect();
        match in_snapshot == in_trail {
            true => Ok(()),
            false => Err(format!(
                "the trail says of its tasks {in_trail:?}, and the snapshot {in_snapshot:?}"
            )),
        }
    }
}

/// The queue has exactly the open tasks of a snapshot that are not on hold, as they are.
pub fn compare_queue(snapshot: &Snapshot, rows: &[&TaskRow]) -> Checked {
    let shown: BTreeMap<_, _> = snapshot.tasks.iter().filter(|(_, task)| task.held_since.is_none()).collect();
    if let Some(row) = rows.iter().find(|row| !shown.contains_key(&row.name)) {
        return Err(format!("the queue has the task {}, which is not open", row.name));
    }
    for (name, task) in shown {
        let Some(row) = rows.iter().find(|row| row.name == *name) else {
            return Err(format!("the task {name} is open, and in no queue"));
        };
        let due_us = task.due.map(|due| due.as_microsecond());
        let mut subjects = subjects_of(task);
        let sought = task.seeking.as_ref().filter(|_| task.holder.is_none());
        if subjects.is_empty() {
            subjects.push("nobody".into());
        }
        subjects.extend(sought.map(|seeking| match seeking {
            Seeking::Offered { .. } => Arc::from("assign:offered"),
            Seeking::Sought | Seeking::Given { .. } => Arc::from("assign:sought"),
        }));
        // whom it climbed to may be nobody, which operators look for (docs/decisions/unreached-tasks-are-found.md)
        if !task.reached.is_empty() {
            subjects.push("ladder:climbed".into());
        }
        let is_so = (row.opened, &row.holder, row.due_us, &row.subjects) == (task.opened, &task.holder, due_us, &subjects);
        if !is_so {
            let in_queue = (row.opened, &row.holder, row.due_us, &row.subjects);
            return Err(format!(
                "the task {name} is {:?}, and the queue says {in_queue:?}",
                (task.opened, &task.holder, due_us, subjects)
            ));
        }
    }
    Ok(())
}

/// Somebody holds it, or could.
pub fn check_offered(snapshot: &Snapshot) -> Checked {
    let shown = snapshot.tasks.iter().filter(|(_, task)| task.held_since.is_none());
    let unoffered = shown.into_iter().find(|(_, task)| {
        let reached = task.reached.iter().map(|reached| &reached.people);
        task.holder.is_none() && !std::iter::once(&task.people).chain(reached).any(could_be_somebody)
    });
    match unoffered {
        None => Ok(()),
        Some((name, _)) => Err(format!("nobody holds the task {name}, and it is for nobody")),
    }
}

fn could_be_somebody(audience: &Audience) -> bool {
    audience.any_of.iter().any(|pattern| {
        let named = pattern.user.as_ref();
        named.is_none_or(|users| users.iter().any(|user| !audience.never.contains(user)))
    })
}

/// By the narrowest line of each pattern, and the place that its people belong to (docs/decisions/found-where-one-belongs.md). What ships
/// has neither as many places nor as long names as are compared instead.
fn subjects_of(task: &OpenTask) -> Vec<Arc<str>> {
    let reached = task.reached.iter().map(|reached| &reached.people);
    let patterns = std::iter::once(&task.people).chain(reached).flat_map(|people| &people.any_of);
    let subjects: BTreeSet<Arc<str>> = patterns.flat_map(subjects_of_pattern).map(Arc::from).collect();
    subjects.into_iter().collect()
}

fn subjects_of_pattern(pattern: &AudiencePattern) -> Vec<String> {
    let said = |line: &str, names: &Option<Vec<Arc<str>>>| -> Vec<String> {
        names.iter().flatten().map(|name| format!("{line}:{name}")).collect()
    };
    if pattern.user.is_some() {
        return said("user", &pattern.user);
    }
    let (unit, organisation) = (said("unit", &pattern.unit), said("organisation", &pattern.organisation));
    let heads = match (&pattern.role, &pattern.skill) {
        (Some(_), _) => said("role", &pattern.role),
        (None, Some(_)) => said("skill", &pattern.skill),
        (None, None) if !organisation.is_empty() && !unit.is_empty() => organisation.clone(),
        (None, None) => return if organisation.is_empty() { unit } else { organisation },
    };
    let places = if unit.is_empty() { organisation } else { unit };
    match places.as_slice() {
        [] => heads,
        places => heads
            .iter()
            .flat_map(|head| places.iter().map(move |place| format!("{head} {place}")))
            .collect(),
    }
}

/// Its state was left, and this run is not one that began after that.
fn is_over(entry: &Entry, name: &str, run: &Run) -> bool {
    entry.names("left", name) && run.opened != entry.sequence
}

fn task_of<'c>(chart: &'c Chart, path: &str) -> Option<&'c Task> {
    chart.states.iter().find(|state| *state.path == *path)?.task.as_deref()
}

/// `task/STATE/1`: the state, and the rung's place from 0.
fn rung_of(timer: &str) -> Option<(&str, usize)> {
    let (name, number) = timer.strip_prefix("task/")?.rsplit_once('/')?;
    Some((name, number.parse::<usize>().ok()?.checked_sub(1)?))
}

fn who(holder: &Option<Arc<str>>) -> &str {
    holder.as_deref().unwrap_or("nobody")
}
