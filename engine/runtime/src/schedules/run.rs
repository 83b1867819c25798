//! One run of a schedule: what it starts or sends, in the commit that says that it was begun.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, Schedule};
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{FoundBy, Place, Planned, ScheduleAct, planned, start_name};
use statewright_core::time::Skipped;
use statewright_core::value::{Object, Value};

use super::Schedules;
use super::places::{Standing, actor_of};
use crate::body::{MessageBody, MessageContent, Party};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::store::{FindQuery, InstanceRow, NewMessage};

/// Instances that are sent to in one commit: many enough that a thousand are a few commits, few enough that nobody waits for one.
pub const RECEIVERS_PER_COMMIT_MAX: usize = 200;

pub(super) struct Run<'a> {
    schedules: &'a Schedules,
    chart: &'a Chart,
    schedule: &'a Schedule,
    standing: &'a Standing,
    place: Place,
    zone: &'a str,
    let_go: Option<Skipped>,
}

/// An event to those who are found.
struct Sending {
    event: Arc<str>,
    with: Object,
    query: FindQuery,
}

impl Schedules {
    pub(super) fn run<'a>(
        &'a self,
        chart: &'a Chart,
        schedule: &'a Schedule,
        standing: &'a Standing,
        place: Place,
        zone: &'a str,
    ) -> Run<'a> {
        Run {
            schedules: self,
            chart,
            schedule,
            standing,
            place,
            zone,
            let_go: None,
        }
    }
}

impl Run<'_> {
    /// Says, in the next entry, what is not run.
    pub fn let_go(&mut self, skipped: Skipped) {
        self.let_go = Some(skipped);
        self.place.skipped += skipped.count as u64;
        self.place.until = self.place.until.max(skipped.last);
    }

    /// An entry of nothing but what is not run.
    pub async fn keep_let_go(self, now: Timestamp) -> EngineResult<()> {
        self.keep("schedule_skipped", Vec::new(), Vec::new(), None, now).await
    }

    /// Begins the run of this moment.
    pub async fn begin(mut self, at: Timestamp, now: Timestamp) -> EngineResult<()> {
        self.place.until = at;
        self.place.last = Some((at, now));
        self.perform(at, None, now).await
    }

    /// Sends to those who come after the last one that was sent to.
    pub async fn go_on(mut self, at: Timestamp, last: InstanceId, now: Timestamp) -> EngineResult<()> {
        self.place.sending = None;
        self.perform(at, Some(last), now).await
    }

    /// `after`: who was sent to last, if the run has begun.
    async fn perform(self, at: Timestamp, after: Option<InstanceId>, now: Timestamp) -> EngineResult<()> {
        let planned = guarded(|| Ok(planned(self.chart, self.schedule, at, self.zone)))?;
        match (planned, after) {
            (
                Ok(Planned::Send {
                    event,
                    with,
                    conditions: Some(conditions),
                    states,
                }),
                after,
            ) => {
                let query = self.query(conditions, states, after);
                self.send(at, Sending { event, with, query }, now).await
            }
            (Ok(Planned::Start { key, with }), None) => self.start(at, key, with, now).await,
            (Ok(Planned::Send { conditions: None, .. }), None) => {
                let members = vec![("planned", moment(at)), ("sent", Value::Integer(0))];
                self.keep("schedule_run", members, Vec::new(), None, now).await
            }
            // a definition that came in between does something else now
            (Ok(_), Some(_)) => {
                let why = "what it sends was changed while it was sent".to_owned();
                self.fail(at, why, now).await
            }
            (Err(why), _) => self.fail(at, why, now).await,
        }
    }

    async fn start(self, at: Timestamp, key: Option<Arc<str>>, with: Object, now: Timestamp) -> EngineResult<()> {
        let workflow = &self.chart.workflow;
        let starts = &self.schedules.starts;
        let ready = match starts.ready(workflow, with.clone(), key.as_deref(), at).await {
            Ok(ready) => ready,
            Err(error @ EngineError::KeyRefused(_)) => return self.fail(at, error.to_string(), now).await,
            Err(error) => return Err(error),
        };
        let send = start_name(self.standing.next_sequence());
        let content = MessageContent::Start {
            with,
            invoke: None,
            number: ready.input.number,
            actor: Some(actor_of(self.schedule)),
        };
        let from = Some((self.standing.party.clone(), send));
        let message = self.message(at, ready.to.clone(), from, content, now);
        let members = vec![("planned", moment(at))];
        let started = Some((ready.to.workflow, ready.to.key));
        self.keep("schedule_run", members, vec![message], started, now).await
    }

    async fn send(mut self, at: Timestamp, sending: Sending, now: Timestamp) -> EngineResult<()> {
        let store = &self.schedules.store;
        let page = store.find(&sending.query).await?;
        let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
        let rows = match ids.as_slice() {
            [] => Vec::new(),
            ids => store.load(ids).await?,
        };
        // whoever has come to its end takes no event any more
        let receivers = rows.into_iter().flatten().filter(|row| !row.done);
        let messages: Vec<NewMessage> = receivers.map(|row| self.event(at, row, &sending, now)).collect();
        self.place.sending = ids.last().filter(|_| page.more).map(|last| (at, *last));
        let members = vec![
            ("event", Value::Text(sending.event)),
            ("more", if page.more { Value::Boolean(true) } else { Value::Null }),
            ("planned", moment(at)),
            ("sent", count(messages.len())),
        ];
        self.keep("schedule_run", members, messages, None, now).await
    }

    /// The run is over, and nothing came of it.
    async fn fail(self, at: Timestamp, why: String, now: Timestamp) -> EngineResult<()> {
        let (workflow, schedule) = (&self.chart.workflow, &self.schedule.name);
        tracing::error!(%workflow, %schedule, planned = %at, why, "a scheduled run failed");
        let members = vec![("planned", moment(at)), ("why", Value::from_text(&why))];
        self.keep("schedule_failed", members, Vec::new(), None, now).await
    }

    fn query(&self, conditions: FoundBy, states: Vec<Arc<str>>, after: Option<InstanceId>) -> FindQuery {
        FindQuery {
            workflow: self.chart.workflow.clone(),
            conditions,
            states,
            after,
            limit: RECEIVERS_PER_COMMIT_MAX,
        }
    }

    fn event(&self, at: Timestamp, row: InstanceRow, sending: &Sending, now: Timestamp) -> NewMessage {
        let to = Party {
            workflow: row.workflow,
            key: row.key,
        };
        let content = MessageContent::Event {
            event: sending.event.clone(),
            with: sending.with.clone(),
            start: false,
            actor: Some(actor_of(self.schedule)),
        };
        // what becomes of it stands in the receiver's trail
        self.message(at, to, None, content, now)
    }

    fn message(
        &self,
        at: Timestamp,
        to: Party,
        from: Option<(Party, Arc<str>)>,
        content: MessageContent,
        now: Timestamp,
    ) -> NewMessage {
        let (workflow, schedule) = (&self.chart.workflow, &self.schedule.name);
        NewMessage {
            to: to.id(),
            key: InputKey::of(&["schedule", workflow, schedule, &at.to_string()]),
            body: MessageBody {
                to: Some(to),
                from,
                content,
            }
            .write(),
            due_us: now.as_microsecond(),
        }
    }

    async fn keep(
        self,
        name: &'static str,
        mut members: Vec<(&'static str, Value)>,
        messages: Vec<NewMessage>,
        started: Option<(Arc<str>, Arc<str>)>,
        now: Timestamp,
    ) -> EngineResult<()> {
        members.extend(self.let_go.map(|skipped| ("skipped", skipped_value(&skipped))));
        members.retain(|(_, value)| !value.is_null());
        let receivers: Vec<InstanceId> = messages.iter().map(|message| message.to).collect();
        let act = ScheduleAct {
            name,
            members,
            place: self.place.clone(),
            started,
        };
        let places = &self.schedules.places;
        let actor = actor_of(self.schedule);
        if places.keep(self.standing, &act, messages, &actor, now).await? {
            self.tell_of_what_is_let_go();
            self.schedules.handover.expect_messages(receivers);
        }
        Ok(())
    }

    /// Nothing is left out silently.
    fn tell_of_what_is_let_go(&self) {
        let Some(skipped) = self.let_go else { return };
        let (workflow, schedule) = (&self.chart.workflow, &self.schedule.name);
        let Skipped {
            count,
            first,
            last,
            more,
        } = skipped;
        tracing::warn!(%workflow, %schedule, count, %first, %last, older = more, "missed runs are let go");
    }
}

fn skipped_value(skipped: &Skipped) -> Value {
    let mut fields = Object::from([
        ("count".into(), count(skipped.count)),
        ("first".into(), moment(skipped.first)),
        ("last".into(), moment(skipped.last)),
    ]);
    if skipped.more {
        fields.insert("older".into(), Value::Boolean(true));
    }
    Value::from_fields(fields)
}

fn moment(moment: Timestamp) -> Value {
    Value::from_text(&moment.to_string())
}

fn count(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
