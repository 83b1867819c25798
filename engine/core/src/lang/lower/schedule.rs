//! `schedules`. (Reference, section 8.)

use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{EventPattern, Form, Party, People, Reason, Schedule, Scheduled, Signature, Start, Trigger, ValueTemplate};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::expression::Type;
use crate::field::Field;
use crate::lang::scope::{Known, Scope};
use crate::lang::shape::computed_scalar;
use crate::time::{CatchUp, Cron, Duration, Gap, Missed, Overlap, parse_duration, zone};
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

/// Schedules of one workflow: each is looked at by every node whenever it may be due.
const SCHEDULES_MAX: usize = 100;

/// When a schedule that never comes is looked for from. Rules of zones change, so that it is a moment of theirs and not of the reader's.
const LOOKED_FROM: &str = "2026-01-01T00:00:00Z";

impl Lowering<'_> {
    /// The names are known before anybody is read who may be one.
    pub(super) fn declare_schedules(&mut self, workflow: &Mapping) {
        self.schedule_names = entries(workflow).map(|entry| entry.key.text.clone()).collect();
    }

    /// A schedule that is named under `by`.
    pub(super) fn schedule_party(&mut self, name: &Scalar) -> Party {
        if !self.schedule_names.contains(&name.text) {
            let message = format!("there is no schedule `{}`", name.text);
            let diagnostic = Diagnostic::error(Code::UnknownSchedule, name.span, message);
            self.out
                .push(match nearest(&name.text, self.schedule_names.iter().map(|known| &**known)) {
                    Some(meant) => diagnostic
                        .help(format!("write `{meant}`, if that is meant"))
                        .repair(name.span, meant),
                    None => diagnostic.help("add it under `schedules` of this workflow"),
                });
        }
        Party::Schedule(name.text.clone())
    }

    pub(super) fn schedules(&mut self, workflow: &Mapping, start: &Start, zone: Option<&str>) -> Vec<Schedule> {
        let entries: Vec<Entry> = entries(workflow).cloned().collect();
        if let Some(surplus) = entries.get(SCHEDULES_MAX) {
            let message = format!("the workflow has more than {SCHEDULES_MAX} schedules");
            self.error(Code::TooManyParts, surplus.key.span, message, "say it with less");
        }
        let entries = entries.iter().take(SCHEDULES_MAX);
        entries.filter_map(|entry| self.schedule(entry, start, zone)).collect()
    }

    fn schedule(&mut self, entry: &Entry, start: &Start, workflow_zone: Option<&str>) -> Option<Schedule> {
        let mapping = entry.value.as_mapping()?;
        let cron = mapping.get("cron").and_then(Node::as_scalar).and_then(|cron| self.cron(cron));
        let own_zone = mapping.get("zone").and_then(Node::as_scalar);
        if let Some(own_zone) = own_zone {
            self.check_zone(&own_zone.text, own_zone.span);
        }
        let catch_up = self.catch_up(mapping);
        let work = self.scheduled(entry, mapping, start);
        let daylight = |key: &str| Some(&*mapping.get("dst")?.get(key)?.as_scalar()?.text);
        let schedule = Schedule {
            name: entry.key.text.clone(),
            cron: cron?,
            zone: own_zone.map(|own_zone| own_zone.text.clone()),
            gap: match daylight("gap") {
                Some("skip") => Gap::Skip,
                _ => Gap::Shift,
            },
            overlap: match daylight("overlap") {
                Some("last") => Overlap::Last,
                Some("both") => Overlap::Both,
                _ => Overlap::First,
            },
            catch_up,
            work: work?,
            span: entry.key.span,
        };
        let zone = schedule.zone.as_deref().or(workflow_zone).unwrap_or("UTC");
        self.check_comes(&schedule, zone, mapping.get("cron").map_or(entry.key.span, |node| node.span));
        Some(schedule)
    }

    fn cron(&mut self, scalar: &Scalar) -> Option<Cron> {
        match Cron::parse(scalar.text.trim()) {
            Ok(cron) => Some(cron),
            Err(error) => {
                let message = format!("`{}` is no cron expression: {error}", scalar.text);
                let help = "write minute, hour, day of the month, month and day of the week, such as `30 6 * * MON-FRI`";
                self.error(Code::CronUnreadable, scalar.span, message, help);
                None
            }
        }
    }

    pub(super) fn check_zone(&mut self, name: &str, span: Span) {
        if let Err(error) = zone(name) {
            let message = format!("there is no time zone `{}`", error.name);
            let help = error
                .nearest
                .map_or("write an IANA name such as `Europe/Berlin`".into(), |near| {
                    format!("write `{near}`, if that is meant")
                });
            self.error(Code::ZoneUnknown, span, message, help);
        }
    }

    /// What no clock will ever show is a slip of the pen.
    fn check_comes(&mut self, schedule: &Schedule, zone_name: &str, place: Span) {
        let (Ok(zone), Ok(from)) = (zone(zone_name), LOOKED_FROM.parse()) else {
            return;
        };
        if schedule.timing(zone).next_after(from).is_some() {
            return;
        }
        let text = schedule.cron.text();
        let message = match schedule.gap {
            Gap::Shift => format!("`{text}` never comes: there is no such day"),
            Gap::Skip => {
                format!(
                    "`{text}` never comes: there is no such day, or the clocks of {zone_name} always jump over it and `gap` skips it"
                )
            }
        };
        self.error(Code::NeverPlanned, place, message, "write a day and a time that come");
    }

    fn catch_up(&mut self, mapping: &Mapping) -> CatchUp {
        let missed = match mapping.get("missed").and_then(Node::as_scalar).map(|word| &*word.text) {
            Some("skip") => Missed::Skip,
            Some("all") => Missed::All,
            _ => Missed::Once,
        };
        let within = mapping.entry("within").and_then(|entry| self.within(entry));
        if let (Missed::Skip, Some(entry)) = (missed, mapping.entry("within")) {
            let message = "`within` says how late a missed run may be, and `missed: skip` makes up for none";
            self.error(Code::KeysExclude, entry.key.span, message, "take one of the two away");
        }
        CatchUp { missed, within }
    }

    fn within(&mut self, entry: &Entry) -> Option<Duration> {
        let node = &entry.value;
        let place = node.span;
        if computed_scalar(node).is_some() {
            let message = "nothing is computed here: a schedule belongs to no instance";
            self.error(Code::NotADuration, place, message, "write a duration such as `2h` or `3d`");
            return None;
        }
        // what is no duration was told by the pass over shapes
        let within = parse_duration(node.as_scalar()?.text.trim()).ok()?;
        let message = if within.counts_business_time() {
            "business time is counted along an instance's calendar, and a schedule belongs to no instance"
        } else if within.is_exact() && within.microseconds <= 0 {
            "no run is ever that little late"
        } else {
            return Some(within);
        };
        self.error(Code::NotADuration, place, message, "write a duration such as `2h` or `3d`");
        None
    }

    fn scheduled(&mut self, entry: &Entry, mapping: &Mapping, start: &Start) -> Option<Scheduled> {
        let name = entry.name();
        match (mapping.entry("start"), mapping.entry("send")) {
            (Some(starting), None) => self.scheduled_start(name, starting, start),
            (None, Some(sending)) => self.scheduled_send(name, sending),
            (Some(_), Some(sending)) => {
                let message = "a schedule either starts an instance or sends an event";
                self.error(Code::KeysExclude, sending.key.span, message, "make two schedules of it");
                None
            }
            (None, None) => {
                let message = format!("the schedule `{name}` does nothing");
                let help = "add `start` for a new instance, or `send` for an event to those that are there";
                self.error(Code::MissingKey, entry.key.span, message, help);
                None
            }
        }
    }

    fn scheduled_start(&mut self, name: &str, entry: &Entry, start: &Start) -> Option<Scheduled> {
        let nothing = Mapping::default();
        let mapping = entry.value.as_mapping().unwrap_or(&nothing);
        let place = entry.key.span;
        self.check_admitted(name, place, "start", &start.by, start.sign.as_deref(), start.reason.as_ref());
        let scope = self.schedule_scope();
        let key = mapping
            .get("key")
            .and_then(|node| self.identity(node, &scope, Sink::Public("the key")));
        let with = self.carried(mapping.get("with"), place, &start.form, &scope);
        Some(Scheduled::Start { key, with })
    }

    fn scheduled_send(&mut self, name: &str, entry: &Entry) -> Option<Scheduled> {
        let mapping = entry.value.as_mapping()?;
        let event = mapping.get("event").and_then(Node::as_scalar)?.clone();
        let scope = self.schedule_scope();
        let form = self.taking(name, &event)?;
        let states = mapping.get("in").and_then(Node::as_sequence).unwrap_or_default().to_vec();
        let states = states.iter().filter_map(Node::as_scalar);
        let states = states.filter_map(|state| {
            let index = self.state_anywhere(state)?;
            Some(self.state(index)?.path.clone())
        });
        let states = states.collect();
        for each in mapping.get("where").and_then(Node::as_mapping).into_iter().flatten() {
            self.check_found_by(&each.key);
        }
        let found_by = Sink::Public("what a schedule looks for");
        Some(Scheduled::Send {
            conditions: self.values(mapping.get("where"), &scope, found_by),
            states,
            event: event.text.clone(),
            with: self.carried(mapping.get("with"), event.span, &form, &scope),
        })
    }

    /// What a schedule knows: its planned moment. `now` and `today` are that moment's, too, so that a run comes out the same whenever and
    /// however often it is tried.
    fn schedule_scope(&self) -> Scope {
        let mut scope = Scope::asking(self.tables.clone());
        let kind = Type::object([("at", Type::Instant)]);
        scope.insert("schedule", Known::Item { kind, personal: false });
        scope
    }

    /// Whether anybody takes the event from this schedule, and with which form.
    fn taking(&mut self, name: &str, event: &Scalar) -> Option<Form> {
        let mut patterns = Vec::new();
        let mut admitting = None;
        let mut matching = 0;
        for transition in &self.transitions {
            let Trigger::Event(pattern) = &transition.trigger else {
                continue;
            };
            patterns.push(pattern.clone());
            if pattern.matches(&event.text) {
                matching += 1;
                let admission = transition.admission.as_deref();
                let admission = admission.filter(|admission| admits(&admission.by, name));
                admitting = admitting.or_else(|| admission.cloned());
            }
        }
        if matching == 0 {
            let message = format!("no state answers to `{}`", event.text);
            let diagnostic = Diagnostic::error(Code::UnansweredEvent, event.span, message);
            let known = patterns.iter().filter_map(|pattern| match pattern {
                EventPattern::Exact(name) => Some(&**name),
                _ => None,
            });
            self.out.push(match nearest(&event.text, known) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(event.span, meant),
                None => diagnostic.help("add it under `on` of the state that should answer"),
            });
            return None;
        }
        let Some(admission) = admitting else {
            let place = event.text.clone();
            self.check_admitted(name, event.span, &place, &People::default(), None, None);
            return None;
        };
        let (sign, reason) = (admission.sign.as_deref(), admission.reason.as_ref());
        self.check_admitted(name, event.span, &event.text, &admission.by, sign, reason);
        Some(admission.form)
    }

    /// A schedule may do what `by` says, and can neither sign nor give a reason.
    fn check_admitted(
        &mut self,
        name: &str,
        place: Span,
        what: &str,
        by: &People,
        sign: Option<&Signature>,
        reason: Option<&Reason>,
    ) {
        let by_whom = match what {
            "start" => "`start.by`".to_owned(),
            event => format!("`by` of `{event}`"),
        };
        let (message, help) = if !admits(by, name) {
            (
                format!("{by_whom} does not admit the schedule `{name}`"),
                format!("add `{{schedule: {name}}}` to it"),
            )
        } else if sign.is_some() {
            let message = format!("a signature is asked for, and the schedule `{name}` is nobody who could sign");
            (message, "let the schedule begin something that a person signs later".into())
        } else if matches!(reason, Some(Reason::Required | Reason::Choices(_))) {
            let message = format!("a reason is asked for, and the schedule `{name}` gives none");
            (message, "make the reason `optional`".into())
        } else {
            return;
        };
        self.error(Code::ScheduleNotAdmitted, place, message, help);
    }

    /// The fields of a form, filled in: none that it does not have, all that it needs.
    fn carried(&mut self, node: Option<&Node>, place: Span, form: &Form, scope: &Scope) -> Vec<(Arc<str>, ValueTemplate)> {
        let with = self.values(node, scope, Sink::Private);
        for entry in node.and_then(Node::as_mapping).into_iter().flatten() {
            let Some(field) = form.fields.get(entry.name()) else {
                let message = format!("the form has no field `{}`", entry.name());
                let diagnostic = Diagnostic::error(Code::UnknownField, entry.key.span, message);
                let known = form.fields.list.iter().map(|field| &*field.name);
                self.out.push(match nearest(entry.name(), known) {
                    Some(meant) => diagnostic
                        .help(format!("write `{meant}`, if that is meant"))
                        .repair(entry.key.span, meant),
                    None => diagnostic.help("take it away, or declare it under `input`"),
                });
                continue;
            };
            match with.iter().find(|(name, _)| *name == field.name) {
                Some((_, ValueTemplate::Literal(literal))) => {
                    for problem in field.accept(literal).err().into_iter().flatten() {
                        let help = "write a value that the declared type takes";
                        self.error(Code::WrongType, entry.value.span, problem.to_string(), help);
                    }
                }
                Some((_, value)) => {
                    let place = format!("the field `{}`", field.name);
                    self.check_value_fit(&field.schema, &entry.value, value, scope, &place);
                }
                None => {}
            }
        }
        let is_given = |field: &&Field| with.iter().any(|(name, _)| *name == field.name);
        let needed = form.fields.list.iter().filter(|field| field.is_required());
        for Field { name, .. } in needed.filter(|field| !is_given(field)) {
            let message = format!("the form needs `{name}`, and nothing is given for it");
            self.error(Code::MissingKey, place, message, format!("add `with: {{{name}: …}}`"));
        }
        with
    }

    /// Instances are found by fields that are indexed.
    fn check_found_by(&mut self, key: &Scalar) {
        let field = self.data.get(&key.text);
        let (code, message, help) = match field {
            Some(field) if field.is_indexed() => return,
            Some(_) => (
                Code::NotIndexed,
                format!("no instance is found by `{}`: the field is not indexed", key.text),
                "add `index: true` to the field".to_owned(),
            ),
            None => {
                let known = self.data.list.iter().map(|field| &*field.name);
                let help = nearest(&key.text, known).map_or("declare it under `data`".to_owned(), |meant| {
                    format!("write `{meant}`, if that is meant")
                });
                (Code::UnknownField, format!("there is no field `{}`", key.text), help)
            }
        };
        self.error(code, key.span, message, help);
    }
}

fn admits(by: &People, schedule: &str) -> bool {
    by.parties
        .iter()
        .any(|party| matches!(party, Party::Schedule(name) if **name == *schedule))
}

fn entries(workflow: &Mapping) -> impl Iterator<Item = &Entry> {
    let entries = workflow.get("schedules").and_then(Node::as_mapping).into_iter().flatten();
    entries.filter(|entry| !is_extension(entry.name()))
}
