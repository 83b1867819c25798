//! The directory: who works here, and the file of roles. All of it stands in the system's own trails.

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use jiff::Timestamp;
use statewright_core::chart::{ACCESS_REVIEWER, QuietHours, Roles};
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_core::value::document::Document;
use statewright_engine::DeployedVersion;
use statewright_engine::directory::Absence;
use statewright_engine::mail::MailAddress;

use super::OPERATOR;
use super::authentication::Caller;
use super::body::{read_document, unreadable};
use super::deployment::examined;
use super::limit::BODY_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::{document, principal_value};
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use super::tokens::principal;
use crate::json::{object, text, text_or_null, texts};

pub const ID: Parameter = Parameter {
    name: "id",
    place: Place::Path,
    description: "The user's id",
    schema: r#"{"type": "string"}"#,
};

pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/people",
        operation: "listPeople",
        summary: "List the people in the directory",
        description: "By their ids, with the roles that they were given; what a role includes is not listed.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The people",
            content: &[("application/json", "People")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "PUT",
        path: "/v1/people/{id}",
        operation: "putPerson",
        summary: "Put a person into the directory, or change who they are",
        description: "Tasks are given and handed on to people who are in it. What an access token says of its user stays as it is.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: Some("PersonRequest"),
        answers: &[Reply {
            status: 204,
            description: "They are in it, as asked",
            content: &[],
            headers: &[],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::InputInvalid,
        ],
        handler: || put(put_person),
    },
    Route {
        method: "DELETE",
        path: "/v1/people/{id}",
        operation: "removePerson",
        summary: "Take a person out of the directory",
        description: "They are given no task any more, and what they hold goes back to those it is for; what they did stays as it is. They are signed in nowhere any more, and their password and second factor are forgotten; their access tokens stay valid until they are revoked. Asked for again, it gives back what they took on since.",
        access: Access::Role(OPERATOR),
        parameters: &[ID],
        body: None,
        answers: &[Reply {
            status: 204,
            description: "They are not in it any more",
            content: &[],
            headers: &[],
        }],
        problems: &[Code::NotFound],
        handler: || delete(remove),
    },
    Route {
        method: "PUT",
        path: "/v1/people/{id}/absence",
        operation: "putAbsence",
        summary: "Say when somebody is away, and who stands in for them",
        description: "Who is away is given no task. Their substitute acts for them with the header `On-Behalf-Of`: what is for them by name is for the substitute too. Whoever is away may say so themselves.",
        access: Access::Token,
        parameters: &[ID],
        body: Some("Absence"),
        answers: &[Reply {
            status: 204,
            description: "It is known",
            content: &[],
            headers: &[],
        }],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::RoleMissing,
            Code::NotFound,
            Code::InputInvalid,
        ],
        handler: || put(put_absence),
    },
    Route {
        method: "DELETE",
        path: "/v1/people/{id}/absence",
        operation: "endAbsence",
        summary: "Say that somebody is back",
        description: "",
        access: Access::Token,
        parameters: &[ID],
        body: None,
        answers: &[Reply {
            status: 204,
            description: "It is known",
            content: &[],
            headers: &[],
        }],
        problems: &[Code::RoleMissing, Code::NotFound],
        handler: || delete(end_absence),
    },
    Route {
        method: "POST",
        path: "/v1/roles",
        operation: "deployRoles",
        summary: "Make a file of roles the one that holds",
        description: "There is one at a time. People keep the roles that they were given. Another server follows within a second.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It held already",
                content: &[("application/json", "RolesDeployment")],
                headers: &[],
            },
            Reply {
                status: 201,
                description: "It holds now",
                content: &[("application/json", "RolesDeployment")],
                headers: &[],
            },
        ],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::DefinitionRefused,
        ],
        handler: || post(deploy),
    },
    Route {
        method: "GET",
        path: "/v1/roles",
        operation: "showRoles",
        summary: "Show the roles that hold",
        description: "Empty, if no file of roles was deployed: then any name is a role.",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The roles",
            content: &[("application/json", "Roles")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(show),
    },
];

async fn list(State(service): State<Shared>) -> Answered<Response> {
    let people = service.engine.directory().people().await?;
    let people = people.iter().map(|person| {
        let away = person.absence.as_ref().map_or(Value::Null, absence_value);
        let mail = text_or_null(person.mail.as_ref().map(MailAddress::as_str));
        object([("away", away), ("mail", mail), ("person", principal_value(&person.actor))])
    });
    Ok(document(
        StatusCode::OK,
        &object([("people", Value::from_items(people.collect()))]),
    ))
}

fn absence_value(absence: &Absence) -> Value {
    let moment = |moment: Option<Timestamp>| moment.map_or(Value::Null, Value::from_instant);
    object([
        ("from", moment(absence.from)),
        ("substitute", text_or_null(absence.substitute.as_deref())),
        ("until", moment(absence.until)),
    ])
}

/// Whoever is away says so, or an operator does.
fn refuse_others(caller: &Caller, id: &str) -> Answered<()> {
    match *caller.actor.id == *id || caller.has_role(OPERATOR) {
        true => Ok(()),
        false => Err(Problem::of(
            Code::RoleMissing,
            format!("Only `{id}`, or the role `{OPERATOR}`, says when they are away"),
        )),
    }
}

async fn put_absence(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    refuse_others(&caller, &id)?;
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let absence = Absence {
        from: moment(&mut given, "from")?,
        until: moment(&mut given, "until")?,
        substitute: given.text("substitute")?,
    };
    let _held = given.finish()?;
    let (directory, now) = (service.engine.directory(), service.engine.now());
    directory.absent(&id, Some(absence), &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn end_absence(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answered<Response> {
    refuse_others(&caller, &id)?;
    let (directory, now) = (service.engine.directory(), service.engine.now());
    directory.absent(&id, None, &caller.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn moment(given: &mut Document, name: &'static str) -> Answered<Option<Timestamp>> {
    let Some(text) = given.text(name)? else { return Ok(None) };
    let parsed = text.parse().map(Some);
    parsed.map_err(|_| {
        unreadable(format!(
            "`{name}` is `{text}`; it should be a moment such as `2026-12-24T06:00:00Z`"
        ))
    })
}

async fn put_person(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Answered<Response> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, BODY_BYTES_MAX, &service.bodies).await?;
    let person = principal(id, &mut given)?;
    let mail = given.text("mail")?;
    let _held = given.finish()?;
    let put = service.engine.put_person_with_mail(&person, mail.as_deref(), &caller.actor);
    put.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answered<Response> {
    service.engine.remove_person(&id, &caller.actor).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn deploy(State(service): State<Shared>, Extension(caller): Extension<Caller>, request: Request) -> Answered<Response> {
    let kept = examined(&service, request, "file of roles", |compiled| compiled.roles.is_some()).await?;
    let deployed = service.engine.deploy_roles(&kept.source, &caller.actor).await?;
    let deployed = DeployedVersion {
        name: "roles".into(),
        version: deployed.version,
        unchanged: deployed.unchanged,
    };
    Ok(kept.answer("roles", &deployed))
}

async fn show(State(service): State<Shared>) -> Answered<Response> {
    let live = service.engine.directory().roles();
    let nothing = Roles::default();
    let roles = live.as_ref().map_or(&nothing, |live| &live.roles);
    let described = roles.roles.iter().map(|(name, role)| {
        object([
            ("includes", texts(&role.includes)),
            ("name", text(name)),
            (
                "quiet_hours",
                roles.quiet_hours.get(name).map_or(Value::Null, quiet_hours_value),
            ),
            ("second_factor", Value::Boolean(role.second_factor)),
            ("session", role.session.map_or(Value::Null, Value::from)),
            ("title", text_or_null(role.title.as_deref())),
        ])
    });
    let units = roles.units.iter().map(|(name, unit)| {
        object([
            ("name", text(name)),
            ("organisation", text_or_null(unit.organisation.as_deref())),
            ("title", text_or_null(unit.title.as_deref())),
        ])
    });
    let version = live.as_ref().map(|live| live.version.to_string());
    Ok(document(
        StatusCode::OK,
        &object([
            (
                "access_reviewer",
                text(roles.access_reviewer.as_deref().unwrap_or(ACCESS_REVIEWER)),
            ),
            ("roles", Value::from_items(described.collect())),
            ("units", Value::from_items(units.collect())),
            ("version", text_or_null(version.as_deref())),
        ]),
    ))
}

fn quiet_hours_value(quiet: &QuietHours) -> Value {
    let hours = quiet.hours.written_hours().into_iter();
    let hours = hours.map(|(day, hours)| (day.into(), texts(&hours)));
    object([
        ("channel", text_or_null(quiet.channel.map(|channel| channel.as_str()))),
        ("hours", Value::from_fields(hours.collect())),
        ("zone", text(quiet.hours.zone_name())),
    ])
}
