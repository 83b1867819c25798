//! An adapter's settings: where it connects to, and what its actions are on the wire. What each means stands in `statewright_http`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use statewright_core::diagnostic::{Code, Diagnostics};
use statewright_core::yaml::read::{integer, text};
use statewright_core::yaml::{Entry, Kind};
use statewright_engine::adapter::Adapter;
use statewright_engine::clock::Clock;
use statewright_http::{
    ActionConfiguration, BodyFields, HttpAdapter, HttpConfiguration, Meaning, Method, Projection, RESPONSE_BYTES_MAX, Secret,
};

use super::section::Section;
use super::{Secrets, exact, unusable};
use crate::failure::Failure;

/// What stands where a secret is not used: never sent anywhere.
const UNUSED: &str = "unused";

#[derive(Debug)]
pub struct AdapterSettings {
    configuration: HttpConfiguration,
    /// PEM of the authorities that are believed.
    authorities: Option<PathBuf>,
    /// Action, header, and the text with `${VARIABLE}` in it.
    secrets: Vec<(String, String, String)>,
}

impl AdapterSettings {
    pub fn take(entry: &Entry, problems: &mut Diagnostics) -> Option<Self> {
        let mut section = Section::of(&entry.value, &format!("the adapter `{}`", entry.name()), problems)?;
        let url = section.text("url", problems).map(|url| url.text.to_string());
        if url.is_none() {
            problems.push(unusable(
                entry.key.span,
                format!("the adapter `{}` has no `url`", entry.name()),
            ));
        }
        let mut settings = AdapterSettings {
            configuration: HttpConfiguration::new(entry.name(), url.unwrap_or_default()),
            authorities: section.text("authorities", problems).map(|path| PathBuf::from(&*path.text)),
            secrets: Vec::new(),
        };
        settings.configuration.networks = section.texts("networks", problems).unwrap_or_default();
        if let Some(timeout) = section.parsed("connect_timeout", "a duration such as `10s`", exact, problems) {
            settings.configuration.connect_timeout = timeout;
        }
        if let Some(actions) = section.section("actions", problems) {
            for (name, action, secrets) in actions.each(problems, take_action) {
                settings
                    .secrets
                    .extend(secrets.into_iter().map(|(header, text)| (name.clone(), header, text)));
                settings.configuration.actions.insert(name, action);
            }
        }
        section.finish(problems);
        Some(settings)
    }

    /// Makes the adapter.
    ///
    /// # Errors
    /// A secret is not there, a file cannot be read, or the settings contradict each other.
    pub fn connect(
        &self,
        secrets: Secrets,
        environment: &dyn Fn(&str) -> Option<String>,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Arc<str>, Arc<dyn Adapter>), Failure> {
        let mut configuration = self.configuration.clone();
        if let Some(path) = &self.authorities {
            let pem = std::fs::read(path).map_err(|error| Failure::unreadable(&path.display().to_string(), error))?;
            configuration.authorities = Some(pem);
        }
        for (action, header, text) in &self.secrets {
            let value = match secrets {
                Secrets::Needed => filled(text, environment).map_err(|variable| missing(&configuration.name, &variable))?,
                Secrets::Unused => UNUSED.to_owned(),
            };
            if let Some(action) = configuration.actions.get_mut(action) {
                action.secret_headers.insert(header.clone(), Secret::new(value));
            }
        }
        let name: Arc<str> = configuration.name.as_str().into();
        let adapter = HttpAdapter::new(&configuration, clock.clone()).map_err(|invalid| {
            let failure = Failure::misused(
                Code::SettingUnusable,
                format!("The adapter `{}` cannot be used", invalid.adapter),
            );
            invalid
                .problems
                .iter()
                .fold(failure, |failure, problem| failure.note(problem.to_string()))
        })?;
        Ok((name, Arc::new(adapter)))
    }
}

type Action = (String, ActionConfiguration, Vec<(String, String)>);

fn take_action(entry: &Entry, problems: &mut Diagnostics) -> Option<Action> {
    let mut section = Section::of(&entry.value, &format!("the action `{}`", entry.name()), problems)?;
    let method = section.parsed("method", "GET, POST, PUT, PATCH or DELETE", Method::named, problems);
    let path = section.text("path", problems).map(|path| path.text.to_string());
    let mut action = ActionConfiguration::new(method.unwrap_or(Method::Post), path.clone().unwrap_or_default());
    if path.is_none() {
        problems.push(unusable(
            entry.key.span,
            format!("the action `{}` has no `path`", entry.name()),
        ));
    }
    action.query = texts_by_name(&mut section, "query", problems);
    action.headers = texts_by_name(&mut section, "headers", problems);
    let secrets = texts_by_name(&mut section, "secrets", problems);
    if let Some(statuses) = section.section("statuses", problems) {
        action.statuses = statuses.each(problems, take_status).into_iter().collect();
    }
    if let Some(body) = take_body(&mut section, problems) {
        action.body = body;
    }
    if let Some(timeout) = section.parsed("timeout", "a duration such as `30s`", exact, problems) {
        action.timeout = timeout;
    }
    if let Some(bytes) = section.count("response_bytes", 1..=RESPONSE_BYTES_MAX as i64, problems) {
        action.response_bytes_max = bytes;
    }
    if let Some(headers) = section.section("result_from_headers", problems) {
        action.result = Projection::Headers(headers.each(problems, take_text).into_iter().collect());
    }
    section.finish(problems);
    Some((entry.name().to_owned(), action, secrets.into_iter().collect()))
}

fn texts_by_name(section: &mut Section<'_>, key: &'static str, problems: &mut Diagnostics) -> BTreeMap<String, String> {
    let texts = section.section(key, problems);
    texts
        .map(|texts| texts.each(problems, take_text).into_iter().collect())
        .unwrap_or_default()
}

fn take_text(entry: &Entry, problems: &mut Diagnostics) -> Option<(String, String)> {
    let text = text(&entry.value, &format!("`{}`", entry.name()), problems)?;
    Some((entry.name().to_owned(), text.text.to_string()))
}

fn take_status(entry: &Entry, problems: &mut Diagnostics) -> Option<(u16, Meaning)> {
    let status = integer(&entry.key, 100..=599, problems).and_then(|status| u16::try_from(status).ok());
    let meaning = text(&entry.value, &format!("`{}`", entry.name()), problems)?;
    let meaning = match &*meaning.text {
        "result" => Meaning::Result,
        "refused" => Meaning::Refused,
        "temporary" => Meaning::Temporary,
        other => {
            let problem = unusable(meaning.span, format!("`{other}` is no meaning of a status"));
            problems.push(problem.help("write `result`, `refused` or `temporary`"));
            return None;
        }
    };
    Some((status?, meaning))
}

/// `rest`, `nothing`, or a list of fields.
fn take_body(section: &mut Section<'_>, problems: &mut Diagnostics) -> Option<BodyFields> {
    let node = section.take("body")?;
    if let Kind::Sequence(items) = &node.kind {
        let fields = items.iter().filter_map(|item| text(item, "`body`", problems));
        return Some(BodyFields::Only(fields.map(|field| field.text.to_string()).collect()));
    }
    let word = text(node, "`body`", problems)?;
    match &*word.text {
        "rest" => Some(BodyFields::Rest),
        "nothing" => Some(BodyFields::Nothing),
        other => {
            let problem = unusable(word.span, format!("`{other}` is not what `body` asks for"));
            problems.push(problem.help("write `rest`, `nothing`, or a list of fields"));
            None
        }
    }
}

/// The text with its variables filled in, or the variable that is not set.
pub(super) fn filled(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, behind) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&environment(variable).ok_or_else(|| variable.to_owned())?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn missing(adapter: &str, variable: &str) -> Failure {
    Failure::misused(
        Code::SecretMissing,
        format!("The adapter `{adapter}` needs the environment variable `{variable}`"),
    )
    .hint("Set it for this process; a secret never stands in the configuration itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_where_they_stand() {
        let environment = |name: &str| (name == "TOKEN").then(|| "5f37".to_owned());
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = filled(text, &environment);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        };
        check("Bearer ${TOKEN}", Ok("Bearer 5f37"));
        check("${TOKEN}:${TOKEN}", Ok("5f37:5f37"));
        check("$TOKEN", Ok("$TOKEN"));
        check("Bearer ${OTHER}", Err("OTHER"));
    }
}
