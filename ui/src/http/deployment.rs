//! What is deployed by itself: its files as they are sent, and what is answered.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use statewright_core::diagnostic::Sources;
use statewright_core::lang::{Bundle, Compiled};
use statewright_core::value::{Object, Value};
use statewright_engine::DeployedVersion;
use statewright_engine::error::EngineError;

use super::body::read_document;
use super::limit::DEPLOYMENT_BYTES_MAX;
use super::problem::{Answered, Problem};
use super::reply::document;
use super::service::Service;
use super::workflows::{bundle, lines, refused};
use crate::definition::examine_bundle;
use crate::json::{text, texts};

/// Files in which nothing is wrong.
pub struct Examined {
    /// What is kept of them.
    pub source: String,
    warnings: Vec<String>,
}

/// The files that a request sends, if they are of the kind that is wanted.
pub async fn examined(
    service: &Service,
    request: Request,
    wanted: &'static str,
    is_wanted: fn(&Compiled) -> bool,
) -> Answered<Examined> {
    let (parts, body) = request.into_parts();
    let mut given = read_document(&parts, body, DEPLOYMENT_BYTES_MAX, &service.bodies).await?;
    let bundle = bundle(&mut given)?;
    let _held = given.finish()?;
    let (source, warnings) = examine(bundle, wanted, is_wanted).await?;
    Ok(Examined { source, warnings })
}

impl Examined {
    /// `member`: under which the name stands.
    pub fn answer(&self, member: &str, deployed: &DeployedVersion) -> Response {
        let made = Object::from([
            (member.into(), text(&deployed.name)),
            ("changed".into(), Value::Boolean(!deployed.unchanged)),
            ("version".into(), text(&deployed.version.to_string())),
            ("warnings".into(), texts(&self.warnings)),
        ]);
        let status = if deployed.unchanged {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        document(status, &Value::from_fields(made))
    }
}

/// What is kept of files that stand outside the definitions of workflows, and what the language warns of.
async fn examine(bundle: Bundle, wanted: &'static str, is_wanted: fn(&Compiled) -> bool) -> Answered<(String, Vec<String>)> {
    let examining = tokio::task::spawn_blocking(move || -> Result<(String, Vec<String>), Problem> {
        let mut sources = Sources::new();
        let examined = examine_bundle(&mut sources, &bundle);
        let told = lines(&sources, &examined.diagnostics);
        let is_wanted = is_wanted(&examined);
        match examined.bundle.filter(|_| is_wanted) {
            Some(bundle) => Ok((bundle.canonical(), told)),
            None => Err(refused(wanted, examined.diagnostics.errors(), told)),
        }
    });
    match examining.await {
        Ok(examined) => examined,
        // It is told like a panic on the way here.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(EngineError::ShuttingDown.into()),
    }
}
