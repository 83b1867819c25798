//! What must hold, looked up in the world and compared.

mod aspect;
mod compare;
mod elsewhere;
mod notices;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use statewright_core::chart::priority_of_word;
use statewright_core::diagnostic::Span;
use statewright_core::value::{Object, Value};

use self::compare::{WHAT, compare, difference, words};
use super::placing::state_path;
use super::plan::{Aspect, Check, Expectation, ExpectationKind};
use super::report::{Difference, Failed};
use super::run::{Run, Stop};
use super::world::{Standing, Trouble, World};
use crate::body::Party;
use crate::store::TrailRow;

/// What was looked up of one instance, once for all that is said of it.
#[derive(Default)]
struct Seen {
    trail: Option<Vec<TrailRow>>,
}

impl Seen {
    async fn trail(&mut self, world: &World, standing: &Standing) -> Result<&[TrailRow], Trouble> {
        if self.trail.is_none() {
            self.trail = Some(world.trail(standing.row.instance).await?);
        }
        Ok(self.trail.as_deref().unwrap_or_default())
    }
}

impl Run<'_> {
    /// What does not hold is kept, and the scenario goes on.
    pub(super) async fn expect(&mut self, expectations: &[Expectation]) -> Result<(), Stop> {
        for expectation in expectations {
            let found = self.look(expectation).await?;
            for mut failed in found {
                failed.order = self.order().to_vec();
                self.fail(failed);
            }
        }
        Ok(())
    }

    async fn look(&mut self, expectation: &Expectation) -> Result<Vec<Failed>, Stop> {
        let span = expectation.span;
        match &expectation.kind {
            ExpectationKind::Clock(wanted) => {
                let zone = &self.file.setting.zone;
                let (wanted, now) = (Value::from_instant(*wanted), Value::from_instant(self.world.now()));
                let mut differences = Vec::new();
                compare(&wanted, &now, zone, "clock", &mut differences);
                Ok(failed_for(span, "the clock shows another moment", differences, None)
                    .into_iter()
                    .collect())
            }
            ExpectationKind::Of { subject, checks } => match subject.contains('/') || self.knows(subject) {
                true => self.look_at_instance(span, subject, checks).await,
                false => self.look_at_workflow(span, subject, checks).await,
            },
            ExpectationKind::Effects(wanted) => self.look_at_effects(span, wanted).await,
            ExpectationKind::Trail(trails) => self.look_at_trails(span, trails).await,
            ExpectationKind::Incidents(wanted) => self.look_at_incidents(span, wanted).await,
            ExpectationKind::Tasks(wanted) => self.look_at_tasks(span, wanted).await,
            ExpectationKind::Notices(wanted) => self.look_at_notices(span, wanted).await,
        }
    }

    async fn look_at_instance(&self, span: Span, subject: &str, checks: &[Check]) -> Result<Vec<Failed>, Stop> {
        let party = self.party(span, subject)?;
        let standing = self.standing(span, &party).await?;
        let name = format!("{}/{}", party.workflow, party.key);
        let Some(standing) = standing else {
            let sentence = format!("there is no {name}");
            // `count: 0` says that it is not there.
            let is_absent = |check: &Check| check.aspect == Aspect::Count;
            if !checks.is_empty() && checks.iter().all(is_absent) {
                return self.counted(checks, 0).await;
            }
            return Ok(vec![Failed::new(span, sentence)]);
        };
        let (counts, checks): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| check.aspect == Aspect::Count);
        let mut failures = Vec::new();
        for check in counts {
            failures.extend(self.counted(std::slice::from_ref(check), 1).await?);
        }
        failures.extend(self.look_at_one(&checks, &standing).await?);
        Ok(failures)
    }

    /// Everything that is otherwise with one instance, at the place of the first.
    async fn look_at_one(&self, checks: &[&Check], standing: &Standing) -> Result<Option<Failed>, Stop> {
        let mut found: Option<Failed> = None;
        let mut seen = Seen::default();
        for check in checks {
            let differences = self.differences(check, standing, &mut seen).await?;
            if differences.is_empty() {
                continue;
            }
            let failed = found.get_or_insert_with(|| Failed::new(check.span, format!("{} is otherwise", standing.name())));
            failed.differences.extend(differences);
        }
        if let Some(failed) = &mut found {
            failed.trails.extend(self.trail_of(&Party::of(&standing.snapshot)).await);
        }
        Ok(found)
    }

    async fn counted(&self, checks: &[Check], count: usize) -> Result<Vec<Failed>, Stop> {
        let mut failures = Vec::new();
        for check in checks {
            let wanted = self.value(check.span, &check.wanted, None).await?;
            let found = Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
            let mut differences = Vec::new();
            compare(&wanted, &found, &self.file.setting.zone, "count", &mut differences);
            failures.extend(failed_for(check.span, "there are not so many", differences, None));
        }
        Ok(failures)
    }

    async fn standing(&self, span: Span, party: &Party) -> Result<Option<Standing>, Stop> {
        let standing = self.world.standing(party).await;
        standing.map_err(|trouble| Stop::Failed(Box::new(Failed::new(span, trouble))))
    }

    /// All instances of a workflow: how many, which, and each of them.
    async fn look_at_workflow(&self, span: Span, workflow: &str, checks: &[Check]) -> Result<Vec<Failed>, Stop> {
        let broken = |sentence: String| Stop::Failed(Box::new(Failed::new(span, sentence)));
        if self.chart_of(workflow).is_none() {
            let sentence = format!("`{workflow}` is neither an instance (`workflow/key`, or a name given to one) nor a workflow");
            return Err(broken(sentence));
        }
        let mut standings = self.world.all().await.map_err(broken)?;
        standings.retain(|standing| *standing.row.workflow == *workflow);
        let of_group = |check: &&Check| matches!(check.aspect, Aspect::Count | Aspect::Keys);
        let (group, each): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(of_group);
        if group.is_empty() {
            return self.look_at_each(span, workflow, &each, &standings).await;
        }
        // With a count or keys, what else is said chooses which instances are meant.
        let mut meant = Vec::new();
        for standing in &standings {
            let mut fits = true;
            let mut seen = Seen::default();
            for check in &each {
                fits &= self.differences(check, standing, &mut seen).await?.is_empty();
            }
            if fits {
                meant.push(Value::Text(standing.row.key.clone()));
            }
        }
        let mut failures = Vec::new();
        for check in group {
            let wanted = self.value(check.span, &check.wanted, None).await?;
            let mut differences = Vec::new();
            if check.aspect == Aspect::Count {
                let count = Value::Integer(i64::try_from(meant.len()).unwrap_or(i64::MAX));
                compare(&wanted, &count, &self.file.setting.zone, "count", &mut differences);
            } else if sorted(&wanted) != sorted(&Value::from_items(meant.clone())) {
                let found = Value::from_items(meant.clone());
                differences.push(difference(&wanted, &found, &self.file.setting.zone, "keys"));
            }
            let sentence = match standings.is_empty() {
                true => format!("there is no {workflow} at all"),
                false => format!("of {workflow} there are others: {}", listed(&standings)),
            };
            failures.extend(failed_for(check.span, &sentence, differences, None));
        }
        Ok(failures)
    }

    async fn look_at_each(
        &self,
        span: Span,
        workflow: &str,
        checks: &[&Check],
        standings: &[Standing],
    ) -> Result<Vec<Failed>, Stop> {
        if standings.is_empty() {
            return Ok(vec![Failed::new(span, format!("there is no {workflow} at all"))]);
        }
        let mut failures = Vec::new();
        for standing in standings {
            failures.extend(self.look_at_one(checks, standing).await?);
        }
        Ok(failures)
    }

    /// One aspect of one instance.
    async fn differences(&self, check: &Check, standing: &Standing, seen: &mut Seen) -> Result<Vec<Difference>, Stop> {
        let wanted = self.value(check.span, &check.wanted, None).await?;
        let zone = self.zone_of(Some(standing));
        let mut out = Vec::new();
        let now = self.world.now();
        let rows = match check.aspect {
            Aspect::Marks | Aspect::Effects | Aspect::Waiting => seen.trail(&self.world, standing).await,
            _ => Ok(&[][..]),
        };
        let rows = rows.map_err(|trouble| Stop::Failed(Box::new(Failed::new(check.span, trouble))))?;
        match check.aspect {
            Aspect::In => self.compare_states(check, &wanted, standing, &mut out)?,
            Aspect::Sees => {
                let seen = self.sight(check.span, &wanted, standing).await?;
                compare_sight(&wanted, &seen, &zone, &mut out);
            }
            Aspect::Label => compare(&wanted, &standing.label(now), &zone, "label", &mut out),
            Aspect::Data => compare(&wanted, &standing.data(), &zone, "data", &mut out),
            Aspect::Tasks => {
                let tasks = self.tasks_of(check.span, standing).await?;
                compare_tasks(&wanted, &tasks, &zone, "tasks", &mut out);
            }
            Aspect::Clocks => {
                let clocks = self.world.clocks(standing).await;
                let clocks = clocks.map_err(|trouble| Stop::Failed(Box::new(Failed::new(check.span, trouble))))?;
                compare(&wanted, &clocks, &zone, "sla", &mut out);
            }
            Aspect::Timers => compare_named(&wanted, &standing.timers(), &zone, "timers", &mut out),
            Aspect::Waiting => compare_named(&wanted, &standing.waiting(rows), &zone, "waiting", &mut out),
            Aspect::Children => compare_named(&wanted, &standing.children(), &zone, "children", &mut out),
            Aspect::Marks => {
                let marks = self.world.marks(standing.row.instance, aspect::mark_names(rows)).await;
                let marks = marks.map_err(|trouble| Stop::Failed(Box::new(Failed::new(check.span, trouble))))?;
                compare_marks(&wanted, &marks, &zone, &mut out);
            }
            Aspect::Output => compare(&wanted, &standing.snapshot.output, &zone, "output", &mut out),
            Aspect::Paused => compare(&wanted, &standing.paused(), &zone, "paused", &mut out),
            Aspect::Effects => {
                let effects = Value::from_items(aspect::effects(rows));
                compare_list(&wanted, &effects, &zone, "effects", &mut out);
            }
            Aspect::Count | Aspect::Keys => {
                let sentence = "`keys` is said of a workflow, not of an instance";
                return Err(Stop::Failed(Box::new(Failed::new(check.span, sentence))));
            }
        }
        Ok(out)
    }

    async fn tasks_of(&self, span: Span, standing: &Standing) -> Result<Vec<Value>, Stop> {
        let shown = self.world.tasks(standing).await;
        let shown = shown.map_err(|trouble| Stop::Failed(Box::new(Failed::new(span, trouble))))?;
        Ok(standing.tasks(shown))
    }

    /// Every state that is named must be active; what else is, may be left out.
    fn compare_states(&self, check: &Check, wanted: &Value, standing: &Standing, out: &mut Vec<Difference>) -> Result<(), Stop> {
        let single = std::slice::from_ref(wanted);
        let names = wanted.as_list().unwrap_or(single);
        let mut all = true;
        for name in names {
            let path = match name {
                Value::Text(name) => state_path(&standing.known.chart, name),
                _ => Err("`in` takes the names of states".into()),
            };
            let path = path.map_err(|sentence| Stop::Failed(Box::new(Failed::new(check.span, sentence))))?;
            all &= standing.is_in(&path);
        }
        if !all {
            let states: Vec<Value> = standing.states().into_iter().map(Value::Text).collect();
            out.push(Difference {
                path: "in".into(),
                expected: states_in_words(names),
                actual: states_in_words(&states),
            });
        }
        Ok(())
    }
}

/// A list of names, or of mappings, or a mapping from names to what is so of them; a task that nobody holds has the holder `none`.
fn compare_tasks(wanted: &Value, found: &[Value], zone: &TimeZone, path: &str, out: &mut Vec<Difference>) {
    let names = wanted
        .as_list()
        .is_some_and(|items| !items.is_empty() && items.iter().all(|item| item.as_text().is_some()));
    if names {
        let name = |task: &Value| task.field("name").cloned().unwrap_or(Value::Null);
        let found = Value::from_items(found.iter().map(name).collect());
        if sorted(wanted) != sorted(&found) {
            out.push(difference(wanted, &found, zone, path));
        }
    } else if let Some(wanted) = wanted.as_object().filter(|wanted| !wanted.contains_key("count")) {
        let wanted = wanted.iter().map(|(name, task)| (name.clone(), with_priority(task)));
        compare_named(&Value::from_fields(wanted.collect()), &by_name(found), zone, path, out);
    } else {
        let found = Value::from_items(found.to_vec());
        compare_list(&with_priorities(wanted), &found, zone, path, out);
    }
}

/// A priority may be said in the words of the workflow.
fn with_priorities(tasks: &Value) -> Value {
    match tasks.as_list() {
        Some(tasks) => Value::from_items(tasks.iter().map(with_priority).collect()),
        None => tasks.clone(),
    }
}

fn with_priority(task: &Value) -> Value {
    let (Some(fields), Some(word)) = (task.as_object(), task.field("priority").and_then(Value::as_text)) else {
        return task.clone();
    };
    let mut fields = fields.clone();
    if let Some(number) = priority_of_word(word) {
        fields.insert("priority".into(), Value::Integer(i64::from(number)));
    }
    Value::from_fields(fields)
}

/// Tasks by their names. Those of several instances that share a name stand together in a list, which no mapping is like.
fn by_name(tasks: &[Value]) -> Value {
    let mut named: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for task in tasks {
        let name = task.field("name").and_then(Value::as_text).unwrap_or_default();
        named.entry(name.into()).or_default().push(task.clone());
    }
    let one_or_all = |mut tasks: Vec<Value>| match tasks.len() {
        1 => tasks.remove(0),
        _ => Value::from_items(tasks),
    };
    Value::from_fields(named.into_iter().map(|(name, tasks)| (name, one_or_all(tasks))).collect())
}

/// A mapping from names to what they stand for, or the names alone.
fn compare_named(wanted: &Value, found: &Value, zone: &TimeZone, path: &str, out: &mut Vec<Difference>) {
    let names = || found.as_object().into_iter().flat_map(Object::keys).cloned().map(Value::Text);
    match wanted {
        Value::List(_) => {
            let found = Value::from_items(names().collect());
            if sorted(wanted) != sorted(&found) {
                out.push(difference(wanted, &found, zone, path));
            }
        }
        Value::Object(wanted) => {
            for (name, wanted) in wanted.iter() {
                let inner = compare::joined(path, name);
                match found.field(name) {
                    Some(found) if wanted.is_null() => out.push(Difference {
                        path: inner,
                        expected: "nothing of that name".into(),
                        actual: words(found.field(WHAT).unwrap_or(found), zone),
                    }),
                    Some(found) => compare(wanted, found, zone, &inner, out),
                    None if wanted.is_null() => {}
                    None => out.push(Difference {
                        path: inner,
                        expected: words(wanted, zone),
                        actual: match names().next() {
                            None => "nothing at all".into(),
                            Some(_) => format!("only {}", states_in_words(&names().collect::<Vec<_>>())),
                        },
                    }),
                }
            }
        }
        _ => out.push(difference(wanted, found, zone, path)),
    }
}

/// A number says how many there are; a mapping what the latest holds; a list what all of them hold.
fn compare_marks(wanted: &Value, marks: &BTreeMap<Arc<str>, Vec<Value>>, zone: &TimeZone, out: &mut Vec<Difference>) {
    let found: Object = marks
        .iter()
        .map(|(name, all)| (name.clone(), Value::from_items(all.clone())))
        .collect();
    let Some(wanted) = wanted.as_object() else {
        return out.push(difference(wanted, &Value::from_fields(found), zone, "marks"));
    };
    for (name, wanted) in wanted {
        let path = compare::joined("marks", name);
        let all = marks.get(name).map(Vec::as_slice).unwrap_or_default();
        match wanted {
            Value::Object(_) => compare(wanted, all.last().unwrap_or(&Value::Null), zone, &path, out),
            Value::List(_) => compare(wanted, &Value::from_items(all.to_vec()), zone, &path, out),
            wanted => {
                let count = Value::Integer(i64::try_from(all.len()).unwrap_or(i64::MAX));
                compare(wanted, &count, zone, &path, out);
            }
        }
    }
}

/// What people see: words, or fields in whatever order.
fn compare_sight(wanted: &Value, seen: &Value, zone: &TimeZone, out: &mut Vec<Difference>) {
    let Some(people) = wanted.as_object() else {
        return out.push(difference(wanted, seen, zone, "sees"));
    };
    for (name, wanted) in people {
        let found = seen.field(name).unwrap_or(&Value::Null);
        let fits = match wanted {
            Value::List(_) => found.as_list().is_some() && sorted(wanted) == sorted(found),
            wanted => wanted == found,
        };
        if !fits {
            out.push(difference(wanted, found, zone, &compare::joined("sees", name)));
        }
    }
}

/// One line for a list that is of another length: what stands for each of its items.
fn compare_list(wanted: &Value, found: &Value, zone: &TimeZone, path: &str, out: &mut Vec<Difference>) {
    match (wanted, found) {
        (Value::List(wanted), Value::List(found)) if wanted.len() != found.len() => {
            let names =
                |items: &[Value]| -> Vec<Value> { items.iter().map(|item| item.field(WHAT).unwrap_or(item).clone()).collect() };
            out.push(Difference {
                path: path.into(),
                expected: states_in_words(&names(wanted)),
                actual: states_in_words(&names(found)),
            });
        }
        (wanted, found) => compare(wanted, found, zone, path, out),
    }
}

fn failed_for(span: Span, sentence: &str, differences: Vec<Difference>, trail: Option<(String, Vec<String>)>) -> Option<Failed> {
    if differences.is_empty() {
        return None;
    }
    let mut failed = Failed::new(span, sentence);
    failed.differences = differences;
    failed.trails.extend(trail);
    Some(failed)
}

fn sorted(names: &Value) -> Vec<String> {
    let mut names: Vec<String> = names
        .as_list()
        .unwrap_or_default()
        .iter()
        .map(|name| words(name, &TimeZone::UTC))
        .collect();
    names.sort();
    names
}

fn states_in_words(states: &[Value]) -> String {
    let states: Vec<String> = states.iter().map(|state| words(state, &TimeZone::UTC)).collect();
    match states.as_slice() {
        [] => "none".into(),
        states => states.join(" + "),
    }
}

/// Instances with their states, so many as can be read.
fn listed(standings: &[Standing]) -> String {
    const LISTED_MAX: usize = 10;
    let each = |standing: &Standing| {
        let states: Vec<Value> = standing.states().into_iter().map(Value::Text).collect();
        format!("{} in {}", standing.row.key, states_in_words(&states))
    };
    let mut listed: Vec<String> = standings.iter().take(LISTED_MAX).map(each).collect();
    if standings.len() > LISTED_MAX {
        listed.push(format!("{} more", standings.len() - LISTED_MAX));
    }
    listed.join(", ")
}
