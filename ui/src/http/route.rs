//! The table of routes: one row each, from which both the router and the OpenAPI document are made, so that neither can say what
//! the other does not.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use statewright_core::diagnostic::Code;

use super::guard;
use super::service::Shared;

/// One operation.
pub struct Route {
    pub method: &'static str,
    /// As axum and OpenAPI both write it: `/v1/instances/{workflow}/{key}`.
    pub path: &'static str,
    /// Its name in the document and in the log.
    pub operation: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know.
    pub description: &'static str,
    pub access: Access,
    pub parameters: &'static [Parameter],
    /// Name of the body's schema.
    pub body: Option<&'static str>,
    pub answers: &'static [Reply],
    /// What it may answer besides those that any route may ([`Access::problems`]).
    pub problems: &'static [Code],
    pub handler: fn() -> MethodRouter<Shared>,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without a token.
    Open,
    /// Any person with a token; the engine decides what they see and may.
    Token,
    /// The same, and adapters, which look at nothing.
    Sender,
    /// Only with an adapter's token.
    Adapter,
    /// Only with the engine's own role of that name.
    Role(&'static str),
}

/// A parameter of the path, the query or the head.
pub struct Parameter {
    pub name: &'static str,
    pub place: Place,
    pub description: &'static str,
    /// JSON Schema.
    pub schema: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

/// An answer that is no problem.
pub struct Reply {
    pub status: u16,
    pub description: &'static str,
    /// Media type and the name of its schema; none for an answer without a body.
    pub content: &'static [(&'static str, &'static str)],
    pub headers: &'static [&'static str],
}

impl Access {
    /// What any route of this access may answer.
    pub fn problems(self) -> &'static [Code] {
        match self {
            Access::Open => &[],
            Access::Token | Access::Adapter => &[
                Code::ParameterUnreadable,
                Code::Unauthenticated,
                Code::RoleMissing,
                Code::Overloaded,
                Code::HeadersTooLarge,
                Code::Internal,
                Code::StoreAway,
                Code::StoreFull,
                Code::TimedOut,
                Code::ShuttingDown,
            ],
            Access::Sender => &[
                Code::ParameterUnreadable,
                Code::Unauthenticated,
                Code::Forbidden,
                Code::Overloaded,
                Code::HeadersTooLarge,
                Code::Internal,
                Code::StoreAway,
                Code::StoreFull,
                Code::TimedOut,
                Code::ShuttingDown,
            ],
            Access::Role(_) => &[
                Code::ParameterUnreadable,
                Code::Unauthenticated,
                Code::RoleMissing,
                Code::Forbidden,
                Code::Overloaded,
                Code::HeadersTooLarge,
                Code::Internal,
                Code::StoreAway,
                Code::StoreFull,
                Code::TimedOut,
                Code::ShuttingDown,
            ],
        }
    }
}

/// Every route, in the order of the document.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        super::workflows::ROUTES,
        super::calendars::ROUTES,
        super::tables::ROUTES,
        super::views::ROUTES,
        super::instances::ROUTES,
        super::search::ROUTES,
        super::opening::ROUTES,
        super::events::ROUTES,
        super::effects::ROUTES,
        super::tasks::ROUTES,
        super::signatures::ROUTES,
        super::files::ROUTES,
        super::notices::ROUTES,
        super::conversation::ROUTES,
        super::trail::ROUTES,
        super::history::ROUTES,
        super::access::ROUTES,
        super::schedules::ROUTES,
        super::people::ROUTES,
        super::identity::ROUTES,
        super::incidents::ROUTES,
        super::tokens::ROUTES,
        super::operations::ROUTES,
        super::metrics::ROUTES,
        super::about::ROUTES,
    ]
    .into_iter()
    .flatten()
}

/// The router over all of them; before each handler stands who may ask.
pub fn router(service: &Shared) -> Router<Shared> {
    routes().fold(Router::new(), |router, route| {
        let admitted = from_fn_with_state((service.clone(), route), guard::admit);
        router.route(route.path, (route.handler)().route_layer(admitted))
    })
}

/// The methods a path knows, as the `Allow` header lists them.
pub fn methods(path: &str) -> String {
    let methods: Vec<&str> = routes()
        .filter(|route| route.path == path)
        .map(|route| route.method)
        .collect();
    methods.join(", ")
}
