//! Views and portals: making a version of one live, and what they show the caller.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use statewright_core::chart::PageContent;
use statewright_core::diagnostic::Code;
use statewright_core::value::Value;
use statewright_engine::PortalShown;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{VIEW_PAGE_MAX, ViewRequest};

use super::OPERATOR;
use super::authentication::Caller;
use super::body::Parameters;
use super::deployment::examined;
use super::limit::PAGE_DEFAULT;
use super::parameter::AFTER;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::route::{Access, Parameter, Place, Reply, Route};
use super::service::Shared;
use super::view_value::view_value;
use crate::json::{object, present, text, text_or_null};

const VIEW: Parameter = Parameter {
    name: "view",
    place: Place::Path,
    description: "The view's name",
    schema: r#"{"type": "string"}"#,
};

pub const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/views",
        operation: "deployView",
        summary: "Make a version of a view live",
        description: "It is compared with the workflow that is live: a state, a field or an event that is not there is refused. Another server follows within a second.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It was live already",
                content: &[("application/json", "ViewDeployment")],
                headers: &[],
            },
            Reply {
                status: 201,
                description: "It is live now",
                content: &[("application/json", "ViewDeployment")],
                headers: &[],
            },
        ],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::DefinitionRefused,
        ],
        handler: || post(deploy_view),
    },
    Route {
        method: "GET",
        path: "/v1/views",
        operation: "listViews",
        summary: "List the views that are for the caller",
        description: "",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The views",
            content: &[("application/json", "Views")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(list),
    },
    Route {
        method: "GET",
        path: "/v1/views/{view}",
        operation: "showView",
        summary: "What a view shows the caller",
        description: "Rows of a list or a page, lanes of a board, or points of a chart: of what the caller sees, and no more. A page of rows may be shorter than its limit; the rows end where `after` is null. `where.COLUMN` chooses by a column with `may_filter`, any number of times.",
        access: Access::Token,
        parameters: &[
            VIEW,
            Parameter {
                name: "where.COLUMN",
                place: Place::Query,
                description: "Only rows in which this column, which an index finds them by, has this value: `where.supplier=ACME`",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "scan",
                place: Place::Query,
                description: "What a scanner read: only rows whose field of the view's `scan` is this",
                schema: r#"{"type": "string"}"#,
            },
            Parameter {
                name: "sort",
                place: Place::Query,
                description: "A column with `may_sort`; after a minus the greatest come first",
                schema: r#"{"type": "string", "examples": ["-due"]}"#,
            },
            Parameter {
                name: "lane",
                place: Place::Query,
                description: "Of a board only the lane with this id",
                schema: r#"{"type": "string"}"#,
            },
            AFTER,
            Parameter {
                name: "limit",
                place: Place::Query,
                description: "Rows of a page at most; of each lane of a board 50 at most",
                schema: r#"{"type": "integer", "minimum": 1, "maximum": 200, "default": 100}"#,
            },
        ],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "What it shows",
            content: &[("application/json", "View")],
            headers: &[],
        }],
        problems: &[Code::NotFound, Code::ViewTooLarge],
        handler: || get(show),
    },
    Route {
        method: "POST",
        path: "/v1/portals",
        operation: "deployPortal",
        summary: "Make a version of a portal live",
        description: "It is compared with the views and the workflows that are live. Another server follows within a second.",
        access: Access::Role(OPERATOR),
        parameters: &[],
        body: Some("DeploymentRequest"),
        answers: &[
            Reply {
                status: 200,
                description: "It was live already",
                content: &[("application/json", "PortalDeployment")],
                headers: &[],
            },
            Reply {
                status: 201,
                description: "It is live now",
                content: &[("application/json", "PortalDeployment")],
                headers: &[],
            },
        ],
        problems: &[
            Code::BodyUnreadable,
            Code::BodyTooLarge,
            Code::MediaUnsupported,
            Code::DefinitionRefused,
        ],
        handler: || post(deploy_portal),
    },
    Route {
        method: "GET",
        path: "/v1/portals",
        operation: "listPortals",
        summary: "List the portals that are for the caller",
        description: "Each with those of its pages that there are for the caller.",
        access: Access::Token,
        parameters: &[],
        body: None,
        answers: &[Reply {
            status: 200,
            description: "The portals",
            content: &[("application/json", "Portals")],
            headers: &[],
        }],
        problems: &[],
        handler: || get(portals),
    },
];

async fn deploy_view(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answered<Response> {
    let kept = examined(&service, request, "view", |compiled| compiled.view.is_some()).await?;
    let deployed = service.engine.deploy_view(&kept.source, &caller.actor).await?;
    Ok(kept.answer("view", &deployed))
}

async fn deploy_portal(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answered<Response> {
    let kept = examined(&service, request, "portal", |compiled| compiled.portal.is_some()).await?;
    let deployed = service.engine.deploy_portal(&kept.source, &caller.actor).await?;
    Ok(kept.answer("portal", &deployed))
}

async fn list(State(service): State<Shared>, Extension(caller): Extension<Caller>) -> Answered<Response> {
    let views = service.engine.views(&caller.actor).await?;
    let views = views.iter().map(|version| {
        let view = &version.view;
        object([
            ("description", text_or_null(view.description.as_deref())),
            ("kind", text(view.kind.as_str())),
            ("name", text(&view.name)),
            ("of", text(view.of.as_str())),
            ("title", text(&view.title)),
            ("version", text(&version.version.to_string())),
        ])
    });
    Ok(document(
        StatusCode::OK,
        &object([("views", Value::from_items(views.collect()))]),
    ))
}

async fn show(
    State(service): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    uri: Uri,
) -> Answered<Response> {
    let request = view_request(Parameters::of(&uri)?)?;
    let shown = service.engine.view(&name, &request, &caller.actor).await;
    let (version, shown) = about_view(shown, &name)?;
    Ok(document(StatusCode::OK, &view_value(&version, &shown)))
}

/// What the query of a request asks of a view.
pub fn view_request(mut parameters: Parameters) -> Answered<ViewRequest> {
    let sort = parameters.text("sort")?;
    let filters = parameters.prefixed("where.");
    let request = ViewRequest {
        filters: filters
            .into_iter()
            .map(|(column, value)| (column.into(), value.into()))
            .collect(),
        scan: parameters.text("scan")?.map(Arc::from),
        sort: sort.map(|sort| match sort.strip_prefix('-') {
            Some(column) => (column.into(), true),
            None => (sort.into(), false),
        }),
        lane: parameters.text("lane")?,
        after: parameters.text("after")?,
        limit: Some(parameters.limit(PAGE_DEFAULT, VIEW_PAGE_MAX)?),
    };
    parameters.finish()?;
    Ok(request)
}

/// What was asked of one view. What is not for the caller is answered in the very words of what is not there.
pub fn about_view<T>(asked: Result<T, EngineError>, name: &str) -> Answered<T> {
    match asked {
        Err(EngineError::Hidden) => Err(Problem::nothing(format_args!("view {name}"))),
        asked => asked.map_err(Problem::from),
    }
}

async fn portals(State(service): State<Shared>, Extension(caller): Extension<Caller>) -> Answered<Response> {
    let portals = service.engine.portals(&caller.actor).await?;
    let portals = object([("portals", Value::from_items(portals.iter().map(portal_value).collect()))]);
    Ok(document(StatusCode::OK, &portals))
}

fn portal_value(shown: &PortalShown) -> Value {
    let portal = &shown.version.portal;
    let pages = shown.pages.iter().map(|(title, content)| {
        let (kind, name) = match content {
            PageContent::View(view) => ("view", view),
            PageContent::Start(workflow) => ("start", workflow),
        };
        object([(kind, text(name)), ("title", text(title))])
    });
    let brand = &portal.brand;
    object([
        (
            "brand",
            present([
                ("colour", text_or_null(brand.colour.as_deref())),
                ("logo", text_or_null(brand.logo.as_deref())),
                ("name", text_or_null(brand.name.as_deref())),
            ]),
        ),
        ("description", text_or_null(portal.description.as_deref())),
        ("home", text_or_null(portal.home.as_deref())),
        ("name", text(&portal.name)),
        ("pages", Value::from_items(pages.collect())),
        ("title", text(&portal.title)),
        ("version", text(&shown.version.version.to_string())),
    ])
}
