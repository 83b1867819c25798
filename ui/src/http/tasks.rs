//! Tasks: what waits for the caller, what is open of an instance, and what people do with a task beside finishing it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::diagnostic::Code;
use statewright_core::step::{Actor, ActorKind, TakingOver, TaskAct, TaskRef};
use statewright_core::time::parse_instant;
use statewright_core::value::Value;
use statewright_core::value::document::Document;
use statewright_engine::TaskRequest;
use statewright_engine::queries::{QUEUE_PAGE_MAX, Queue, QueueRequest, Queued};
use statewright_engine::store::TaskPlace;

use super::authentication::Caller;
use super::body::{Parameters, read_document, unfit, unreadable};
use super::events::answered;
use super::instances::about_instance;
use super::limit::{BODY_BYTES_MAX, PAGE_DEFAULT};
use super::parameter::{AFTER, IDEMPOTENCY_KEY, IF_MATCH, KEY, PAGE_LIMIT, WORKFLOW};
use super::problem::Answered;
use super::reply::document;
use super::request::{expected_revision, input_key};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, object, text, text_or_null, texts};
use crate::percent::path;

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/tasks",
        operation: "listTasks",
        summary: "What waits for the caller and what they hold",
        description: "What breaks first comes first: by priority, then by when it is due, then by how long it is open. A page may be shorter than its limit; the list ends where `after` is null.",
        access: Access::Token,
        parameters: &[
            Parameter {
                name: "workflow",
                place: Place::Query,
                description: "Only of this workflow",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "held",
                place: Place::Query,
                description: "Also those that others hold",
                schema: r#"{"type": "boolean", "default": false}"#,
            },
            Parameter {
                name: "own",
                place: Place::Query,
                description: "Only those that the caller holds, or whom they act for",
                schema: r#"{"type": "boolean", "default": false}"#,
            },
            AFTER,
            PAGE_LIMIT,
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "A page",
            content: &[("application/json", "TaskQueue")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(queue),
    },
    Route {
        method: "GET",
        path: "/v1/instances/{workflow}/{key}/tasks",
        operation: "listTasksOfInstance",
        summary: "The open tasks of an instance",
        description: "Those that the caller may see.",
        access: Access::Token,
        parameters: &[WORKFLOW, KEY],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The tasks",
            content: &[("application/json", "Tasks")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::BehindGlass],
        handler: || get(of_instance),
    },
    Route {
        method: "POST",
        path: "/v1/instances/{workflow}/{key}/tasks/{task}/{act}",
        operation: "actOnTask",
        summary: "Claim a task, give it back or on, or say something about it",
        description: "What finishes a task is an event. `claim` takes it; `take-over` takes it from its holder (`from`), in one step, where the holder is away or its ladder has brought it to the caller, and the holder is told; `release` gives it back, with a `note` for the next one; `assign` gives it to somebody (`to`), whoever holds it, and `delegate` hands on what one holds oneself; `acknowledge` says that one knows of it; `follow-up` sets from when on it is urgent (`at`; null: as the workflow says); `comment` keeps a `text` in the trail.",
        access: Access::Token,
        parameters: &[
            WORKFLOW,
            KEY,
            Parameter {
                name: "task",
                place: Place::Path,
                description: "The task's `name`, or its `id`: then it is this one, and no later task of the same state",
                schema: r#"{"type": "string", "examples": ["work.review@7"]}"#,
            },
            Parameter {
                name: "act",
                place: Place::Path,
                description: "What is done with it",
                schema: r#"{"enum": ["claim", "take-over", "release", "assign", "delegate", "acknowledge", "follow-up", "comment"]}"#,
            },
            IF_MATCH,
            IDEMPOTENCY_KEY,
        ],
        body: Some("TaskAct"),
        answers: &[Reply {
            status: 200,
            description: "It is done",
            content: &[("application/json", "Answer")],
            headers: &["ETag", "Idempotent-Replayed"],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::Forbidden,
            Code::NotFound,
            Code::RaceLost,
            Code::Paused,
            Code::TaskHeld,
            Code::RevisionStale,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::IdempotencyKeyReused,
            Code::InputInvalid,
            Code::BehindGlass,
        ],
        handler: || post(act),
    },
];

/// What can be done with a task, as the path names it.
const ACTS: [&str; 8] = [
    "claim",
    "take-over",
    "release",
    "assign",
    "delegate",
    "acknowledge",
    "follow-up",
    "comment",
];

/// What is to be done, before it is known who `to` is.
enum Asked {
    Act(TaskAct),
    Assign(Arc<str>),
    Delegate(Arc<str>),
}

async fn queue(State(service): State<Shared>, Extension(caller): Extension<Caller>, uri: Uri) -> Answered<Response> {
    let mut parameters = Parameters::of(&uri)?;
    let after = parameters.text("after")?;
    let after = after.map(|after| read_place(&after).ok_or_else(|| unfit("after", "is not what a page gave")));
    let request = QueueRequest {
        workflow: parameters.text("workflow")?.map(Arc::from),
        held_too: parameters.flag("held")?.unwrap_or(false),
        own: parameters.flag("own")?.unwrap_or(false),
        after: after.transpose()?,
        limit: parameters.limit(PAGE_DEFAULT, QUEUE_PAGE_MAX)?,
        ..QueueRequest::default()
    };
    parameters.finish()?;
    let queue = service.engine.queue(&request, &caller.actor).await?;
    Ok(document(StatusCode::OK, &queue_value(&queue)))
}

async fn of_instance(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key)): Path<(String, String)>,
) -> Answered<Response> {
    let tasks = service.engine.tasks_of(&workflow, &key, &caller.actor).await;
    let tasks = about_instance(&service, &caller, tasks, &workflow, &key).await?;
    let tasks = object([("tasks", Value::from_items(tasks.iter().map(task_value).collect()))]);
    Ok(document(StatusCode::OK, &tasks))
}

async fn act(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((workflow, key, task, word)): Path<(String, String, String, String)>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let route = format!("POST {}", path(&["v1", "instances", &workflow, &key, "tasks", &task, &word]));
    let input_key = input_key(&parts.headers, &caller, &route)?;
    let expected = expected_revision(&parts.headers)?;
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let asked = asked(&word, &mut given)?;
    let _held = given.finish()?;
    let act = match asked {
        Asked::Act(act) => act,
        Asked::Assign(to) => TaskAct::Assign {
            to: receiver(&service, &to).await?,
        },
        Asked::Delegate(to) => TaskAct::Delegate {
            to: receiver(&service, &to).await?,
        },
    };
    let request = TaskRequest {
        workflow: workflow.as_str().into(),
        key: key.as_str().into(),
        task: TaskRef::read(&task),
        act,
        actor: (*caller.actor).clone(),
        input_key,
        expected,
    };
    let answer = service.engine.act(request).await;
    let answer = about_instance(&service, &caller, answer, &workflow, &key).await?;
    answered(answer, &word)
}

fn asked(word: &str, given: &mut Document) -> Answered<Asked> {
    Ok(match word {
        "claim" => Asked::Act(TaskAct::Claim),
        "take-over" => Asked::Act(TaskAct::TakeOver {
            from: given.required_text("from")?,
            away: false,
        }),
        "release" => Asked::Act(TaskAct::Release {
            note: given.text("note")?,
        }),
        "assign" => Asked::Assign(given.required_text("to")?),
        "delegate" => Asked::Delegate(given.required_text("to")?),
        "acknowledge" => Asked::Act(TaskAct::Acknowledge),
        "follow-up" => {
            let at = given.text("at")?;
            let moment = at.map(|at| {
                parse_instant(&at).ok_or_else(|| {
                    unreadable(format!(
                        "`at` is `{at}`; it should be a moment such as `2026-03-02T08:00:00Z`, or null"
                    ))
                })
            });
            Asked::Act(TaskAct::FollowUp { at: moment.transpose()? })
        }
        "comment" => Asked::Act(TaskAct::Comment {
            text: given.required_text("text")?,
        }),
        _ => return Err(unfit("act", &format!("is one of {}", ACTS.join(", ")))),
    })
}

/// The person who is to have a task, as their access tokens say who they are. Of whoever has none nothing but the name is known: only a
/// task that is for just that name is for them, and who asks is told no more than that.
pub async fn receiver(service: &Service, to: &str) -> Answered<Box<Actor>> {
    let engine = &service.engine;
    let person = engine.person(to).await?;
    Ok(Box::new(person.unwrap_or_else(|| Actor::plain(ActorKind::Person, to))))
}

/// Schema `TaskQueue`.
fn queue_value(queue: &Queue) -> Value {
    let after = queue.next.as_ref().map(place_text);
    object([
        ("after", text_or_null(after.as_deref())),
        ("tasks", Value::from_items(queue.tasks.iter().map(task_value).collect())),
    ])
}

/// Schema `Task`.
fn task_value(queued: &Queued) -> Value {
    let task = &queued.task;
    let moment = |moment: Option<jiff::Timestamp>| moment.map_or(Value::Null, Value::from_instant);
    let line = |at: jiff::Timestamp, what: &str| object([("at", Value::from_instant(at)), ("what", text(what))]);
    let why = task.why.iter().map(|why| line(why.at, &why.what));
    let next = task.next.iter().map(|next| line(next.at, &next.what));
    let show = task
        .show
        .iter()
        .map(|(name, value)| object([("name", text(name)), ("value", value.clone())]));
    object([
        ("about", text(&queued.about)),
        ("acknowledged", text_or_null(task.acknowledged.as_deref())),
        ("due", moment(task.due)),
        ("events", texts(&task.events)),
        ("follow_up", moment(task.follow_up)),
        ("held", text_or_null(task.held.as_deref())),
        ("help", text_or_null(task.help.as_deref())),
        ("holder", text_or_null(task.holder.as_deref())),
        ("note", text_or_null(task.note.as_deref())),
        ("id", text(&format!("{}@{}", task.name, task.opened))),
        ("key", text(&queued.key)),
        ("name", text(&task.name)),
        ("next", Value::from_items(next.collect())),
        ("opened_at", Value::from_instant(task.opened_at)),
        ("priority", count(task.priority.into())),
        ("revision", count(queued.sequence)),
        ("show", Value::from_items(show.collect())),
        ("take_over", Value::Boolean(task.taking_over == TakingOver::Now)),
        ("title", text(&task.title)),
        ("why", Value::from_items(why.collect())),
        ("workflow", text(&queued.workflow)),
    ])
}

/// The name comes last: it may hold dots.
pub fn place_text(place: &TaskPlace) -> String {
    let TaskPlace {
        priority,
        due_us,
        opened_us,
        instance,
        name,
    } = place;
    let due_us = due_us.map_or_else(String::new, |due_us| due_us.to_string());
    format!("{priority}.{due_us}.{opened_us}.{instance}.{name}")
}

pub fn read_place(given: &str) -> Option<TaskPlace> {
    let mut parts = given.splitn(5, '.');
    Some(TaskPlace {
        priority: parts.next()?.parse().ok()?,
        due_us: match parts.next()? {
            "" => None,
            due_us => Some(due_us.parse().ok()?),
        },
        opened_us: parts.next()?.parse().ok()?,
        instance: parts.next()?.parse().ok()?,
        name: parts.next()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use statewright_core::identity::InstanceId;

    use super::*;

    #[test]
    fn a_place_in_a_queue_is_read_as_it_was_written() {
        for due_us in [None, Some(-7), Some(1_700_000_000_000_000)] {
            let place = TaskPlace {
                priority: 5,
                due_us,
                opened_us: 12,
                instance: InstanceId::of("lens", "A-1"),
                name: "work.right.review".into(),
            };
            assert_eq!(read_place(&place_text(&place)), Some(place));
        }
        for given in ["", "5.1.2", "x..1.0.review", "5..1.nonsense.review"] {
            assert_eq!(read_place(given), None, "{given}");
        }
    }
}
