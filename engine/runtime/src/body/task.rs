//! Tasks, notices and marks as rows: whom they are for stands in them, so that nobody needs the chart to look for their own.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Channel;
use statewright_core::step::{Actor, ActorKind, Audience, AudiencePattern, Notice, OpenTask, Snapshot};
use statewright_core::value::canonical::{read_canonical, to_canonical};
use statewright_core::value::{Object, Value};

use super::read::object_of;
use super::{Party, actor_of, actor_value};
use crate::store::{MarkRow, NoticeRow, PRIORITY_MAX, SUBJECTS_MAX, TaskRow};

/// What a task that is for nobody is found under: nothing that anybody is.
pub const NOBODY: &str = "nobody";

/// What a task is found under whose ladder has climbed: no line that anybody has.
pub const CLIMBED: &str = "ladder:climbed";

pub fn task_row(snapshot: &Snapshot, name: &Arc<str>, task: &OpenTask) -> TaskRow {
    let mut subjects = task.subjects();
    subjects.extend(task.sought_under().map(Arc::from));
    if subjects.is_empty() {
        subjects.push(NOBODY.into());
    }
    if !task.reached.is_empty() && subjects.len() < SUBJECTS_MAX {
        subjects.push(CLIMBED.into());
    }
    let audiences = std::iter::once(&task.people).chain(task.reached.iter().map(|reached| &reached.people));
    TaskRow {
        instance: snapshot.instance,
        name: name.clone(),
        opened: task.opened,
        opened_us: task.opened_at.as_microsecond(),
        workflow: snapshot.workflow.clone(),
        holder: task.holder.clone(),
        priority: PRIORITY_MAX.saturating_sub(task.priority),
        due_us: task.due.map(|due| due.as_microsecond()),
        subjects,
        body: to_canonical(&object_of([
            ("for", Value::from_items(audiences.map(Audience::value).collect())),
            ("key", Value::Text(snapshot.key.clone())),
        ])),
    }
}

/// Whose task a row is, as far as the row says; nothing if it cannot be read.
pub fn task_is_for(row: &TaskRow, actor: &Actor) -> bool {
    let Ok(body) = read_canonical(&row.body) else { return false };
    row.holder.as_ref().is_some_and(|holder| actor.is_known_as(holder))
        || audiences_in(&body).any(|audience| audience.includes(actor))
}

/// Whether a task is for somebody of whom it names one of these in this line.
pub fn task_names(row: &TaskRow, line: fn(&AudiencePattern) -> &Option<Vec<Arc<str>>>, names: &[Arc<str>]) -> bool {
    let Ok(body) = read_canonical(&row.body) else { return false };
    let mut patterns = audiences_in(&body).flat_map(|audience| audience.any_of);
    patterns.any(|pattern| line(&pattern).iter().flatten().any(|name| names.contains(name)))
}

/// Whom a task is for, and whom each rung of its ladder reached, as far as the row says.
pub fn task_audiences(row: &TaskRow) -> Vec<Audience> {
    let body = read_canonical(&row.body).unwrap_or(Value::Null);
    audiences_in(&body).collect()
}

fn audiences_in(body: &Value) -> impl Iterator<Item = Audience> {
    let audiences = body.field("for").and_then(Value::as_list).unwrap_or(&[]);
    audiences.iter().filter_map(Audience::read)
}

/// The key of the instance whose task it is.
pub fn task_key(row: &TaskRow) -> Option<Arc<str>> {
    let body = read_canonical(&row.body).ok()?;
    body.field("key").and_then(Value::as_text).map(Arc::from)
}

/// A task as expressions see it: `instance`, `workflow`, `key`, `name`, `title`, `holder`, `opened`, `due`, `priority`. None: it cannot be
/// read.
pub fn task_value(row: &TaskRow, title: String) -> Option<Value> {
    let key = task_key(row)?;
    let moment = |us: i64| Timestamp::from_microsecond(us).ok().map(Value::from_instant);
    let due = match row.due_us {
        Some(due_us) => moment(due_us)?,
        None => Value::Null,
    };
    let fields = [
        ("due", due),
        ("holder", row.holder.clone().map_or(Value::Null, Value::Text)),
        ("instance", Value::from_text(&format!("{}/{key}", row.workflow))),
        ("key", Value::Text(key)),
        ("name", Value::Text(row.name.clone())),
        ("opened", moment(row.opened_us)?),
        ("priority", Value::Integer(PRIORITY_MAX.saturating_sub(row.priority).into())),
        ("title", Value::from_text(&title)),
        ("workflow", Value::Text(row.workflow.clone())),
    ];
    Some(Value::from_fields(
        fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    ))
}

/// `by`: what the notice comes from, by name alone.
pub fn notice_body(own: &Party, notice: &Notice, by: &Actor) -> String {
    let by = Actor {
        name: by.name.clone(),
        on_behalf_of: by.on_behalf_of.clone(),
        ..Actor::plain(by.kind.clone(), by.id.clone())
    };
    let via = notice.via.iter().map(|channel| Value::from_text(channel.as_str()));
    to_canonical(&object_of([
        ("by", actor_value(&by)),
        ("key", Value::Text(own.key.clone())),
        ("text", Value::from_text(&notice.text)),
        ("to", notice.audience.value()),
        ("via", Value::from_items(via.collect())),
        ("workflow", Value::Text(own.workflow.clone())),
    ]))
}

/// A notice, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeBody {
    pub about: Party,
    pub text: Arc<str>,
    pub to: Audience,
    pub via: Vec<Channel>,
    /// Whose act it comes from. None: it is of a time when that was not kept.
    pub by: Option<Actor>,
}

impl NoticeBody {
    /// None: it cannot be read, and is nobody's.
    pub fn of(row: &NoticeRow) -> Option<Self> {
        NoticeBody::read(&row.body)
    }

    /// The same, of the row's body.
    pub fn read(body: &str) -> Option<Self> {
        let body = read_canonical(body).ok()?;
        let fields: &Object = body.as_object()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_text).map(Arc::<str>::from);
        let via = fields.get("via").and_then(Value::as_list).unwrap_or(&[]);
        Some(NoticeBody {
            about: Party {
                workflow: text("workflow")?,
                key: text("key")?,
            },
            text: text("text")?,
            to: Audience::read(fields.get("to")?)?,
            via: via.iter().filter_map(|word| Channel::of(word.as_text()?)).collect(),
            by: fields.get("by").and_then(|by| actor_of(by).ok()),
        })
    }
}

impl NoticeBody {
    /// Whether it comes from something that this person did.
    pub fn is_from(&self, actor: &Actor) -> bool {
        let by = self.by.as_ref();
        by.is_some_and(|by| by.kind == ActorKind::Person && actor.kind == ActorKind::Person && by.id == actor.id)
    }

    /// Whether this person is told something that they do not know from themselves.
    pub fn tells(&self, actor: &Actor) -> bool {
        self.to.includes(actor) && !self.is_from(actor)
    }
}

/// What stands in the row of a mark.
pub fn mark_body(own: &Party, values: &Value) -> String {
    to_canonical(&object_of([
        ("key", Value::Text(own.key.clone())),
        ("values", values.clone()),
        ("workflow", Value::Text(own.workflow.clone())),
    ]))
}

/// A mark as expressions see it: `instance`, `at`, `actor`, `values`. None: it cannot be read.
pub fn mark_value(row: &MarkRow) -> Option<Value> {
    let body = read_canonical(&row.values).ok()?;
    let text = |name: &str| body.field(name).and_then(Value::as_text).map(str::to_owned);
    Some(object_of([
        ("actor", Value::Text(row.actor.clone())),
        ("at", Value::from_instant(Timestamp::from_microsecond(row.at_us).ok()?)),
        (
            "instance",
            Value::from_text(&format!("{}/{}", text("workflow")?, text("key")?)),
        ),
        ("values", body.field("values").cloned().unwrap_or(Value::Null)),
    ]))
}
