//! From a configuration to what is performed, or to everything that is wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::action::{Action, ResultFrom};
use crate::base_url::BaseUrl;
use crate::configuration::{
    ActionConfiguration, BodyFields, ConfigurationProblem, HttpConfiguration, InvalidConfiguration, Projection,
    RESPONSE_BYTES_MAX, TIMEOUT_MS_MAX,
};
use crate::network::Network;
use crate::path::{Path, is_field_name};
use crate::reach::Reach;
use crate::trust;

/// Names are shown in lists and written into every log line.
const NAME_CHARACTERS_MAX: usize = 128;

/// Headers that the adapter or the connection sets, or that would change what the connection is.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers whose values are secrets whatever they say.
const ALWAYS_SECRET: &[&str] = &["authorization", "cookie"];

const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, application/problem+json, text/plain;q=0.5");
/// An answer as it is: one that unpacks to a thousand times its size never comes.
const NO_ENCODING: HeaderValue = HeaderValue::from_static("identity");
const PRODUCT: HeaderValue = HeaderValue::from_static(concat!("statewright/", env!("CARGO_PKG_VERSION")));

/// An adapter that can be built.
pub(crate) struct Validated {
    pub name: Arc<str>,
    pub base: BaseUrl,
    pub actions: BTreeMap<Arc<str>, Action>,
    pub reach: Reach,
    pub tls: rustls::ClientConfig,
    pub connect_timeout: Duration,
}

/// Checks everything, and reports everything that is wrong.
pub(crate) fn validate(configuration: &HttpConfiguration) -> Result<Validated, InvalidConfiguration> {
    let mut problems = Problems::default();
    problems.check_name("name", &configuration.name);
    let base = problems.note("base_url", BaseUrl::parse(&configuration.base_url));
    let actions = actions(configuration, &mut problems);
    let reach = reach(configuration, base.as_ref(), &mut problems);
    let tls = problems.note("authorities", trust::tls(configuration.authorities.as_deref()));
    problems.check_timeout("connect_timeout", configuration.connect_timeout);
    match (base, tls) {
        (Some(base), Some(tls)) if problems.0.is_empty() => Ok(Validated {
            name: configuration.name.as_str().into(),
            base,
            actions,
            reach,
            tls,
            connect_timeout: configuration.connect_timeout,
        }),
        _ => Err(InvalidConfiguration {
            adapter: configuration.name.clone(),
            problems: problems.0,
        }),
    }
}

#[derive(Default)]
struct Problems(Vec<ConfigurationProblem>);

impl Problems {
    fn add(&mut self, place: &str, message: impl Into<String>) {
        self.0.push(ConfigurationProblem {
            place: place.to_owned(),
            message: message.into(),
        });
    }

    fn note<T>(&mut self, place: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.add(place, message)).ok()
    }

    fn check_name(&mut self, place: &str, name: &str) {
        if !is_field_name(name) || name.chars().count() > NAME_CHARACTERS_MAX {
            let message = format!("a name has 1 to {NAME_CHARACTERS_MAX} letters, digits, `_` or `-`");
            self.add(place, message);
        }
    }

    fn check_timeout(&mut self, place: &str, timeout: Duration) {
        if timeout.is_zero() || timeout > Duration::from_millis(TIMEOUT_MS_MAX) {
            let longest = Duration::from_millis(TIMEOUT_MS_MAX).as_secs();
            self.add(
                place,
                format!("it is {timeout:?}; it must be more than nothing, and {longest} s at most"),
            );
        }
    }
}

fn reach(configuration: &HttpConfiguration, base: Option<&BaseUrl>, problems: &mut Problems) -> Reach {
    let mut networks = Vec::new();
    for (index, text) in configuration.networks.iter().enumerate() {
        networks.extend(problems.note(&format!("networks[{index}]"), Network::parse(text)));
    }
    let has_secrets = configuration.actions.values().any(|action| !action.secret_headers.is_empty());
    let is_clear = base.is_some_and(|base| !base.is_encrypted());
    let reach = Reach {
        public: !(has_secrets && is_clear),
        networks,
    };
    // A name is checked when it is looked up; an address will not change.
    if let Some(Err(refusal)) = base.and_then(BaseUrl::address).map(|address| reach.check(address)) {
        problems.add("base_url", refusal.to_string());
    }
    reach
}

fn actions(configuration: &HttpConfiguration, problems: &mut Problems) -> BTreeMap<Arc<str>, Action> {
    if configuration.actions.is_empty() {
        problems.add("actions", "there is none, so that nothing could be performed");
    }
    let mut actions = BTreeMap::new();
    for (name, action) in &configuration.actions {
        let place = format!("actions.{name}");
        problems.check_name(&place, name);
        if let Some(action) = self::action(action, &place, problems) {
            actions.insert(name.as_str().into(), action);
        }
    }
    actions
}

fn action(action: &ActionConfiguration, place: &str, problems: &mut Problems) -> Option<Action> {
    check_query_and_body(action, place, problems);
    for status in action.statuses.keys().filter(|status| !(200..=599).contains(*status)) {
        let message = format!("{status} is not the status of an answer; those are 200 to 599");
        problems.add(&format!("{place}.statuses"), message);
    }
    problems.check_timeout(&format!("{place}.timeout"), action.timeout);
    if !(1..=RESPONSE_BYTES_MAX).contains(&action.response_bytes_max) {
        let message = format!("it is {}; it must be 1 to {RESPONSE_BYTES_MAX}", action.response_bytes_max);
        problems.add(&format!("{place}.response_bytes_max"), message);
    }
    let headers = headers(action, place, problems);
    let result = result(&action.result, place, problems);
    let path = problems.note(&format!("{place}.path"), Path::parse(&action.path));
    Some(Action {
        method: action.method.into(),
        path: path?,
        query: action.query.clone(),
        body: action.body.clone(),
        headers,
        secrets: action.secret_headers.values().cloned().collect(),
        statuses: action.statuses.clone(),
        timeout: action.timeout,
        response_bytes_max: action.response_bytes_max,
        result,
    })
}

fn check_query_and_body(action: &ActionConfiguration, place: &str, problems: &mut Problems) {
    for (parameter, field) in &action.query {
        if parameter.is_empty() || !is_field_name(field) {
            let message = format!("`{parameter}: {field}` is not a parameter and the name of a field");
            problems.add(&format!("{place}.query"), message);
        }
    }
    let place = format!("{place}.body");
    if action.body != BodyFields::Nothing && !action.method.has_body() {
        let method = action.method.name();
        problems.add(
            &place,
            format!("a {method} has no body; name its fields in `path` or `query`"),
        );
    }
    if let BodyFields::Only(names) = &action.body {
        for name in names.iter().filter(|name| !is_field_name(name)) {
            problems.add(&place, format!("`{name}` is not the name of a field"));
        }
    }
}

fn headers(action: &ActionConfiguration, place: &str, problems: &mut Problems) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(USER_AGENT, PRODUCT), (ACCEPT, ACCEPTED), (ACCEPT_ENCODING, NO_ENCODING)]);
    let mut configured = Vec::new();
    for (name, value) in &action.headers {
        let place = format!("{place}.headers.{name}");
        if ALWAYS_SECRET.contains(&name.to_ascii_lowercase().as_str()) {
            problems.add(
                &place,
                "its value is a secret; it belongs under `secret_headers`, where nothing shows it",
            );
        }
        configured.push((place, name, value.as_str(), false));
    }
    for (name, secret) in &action.secret_headers {
        let place = format!("{place}.secret_headers.{name}");
        if secret.reveal().trim().is_empty() {
            problems.add(&place, "the secret is empty");
        }
        if action.headers.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            problems.add(&place, "this header stands under `headers` as well");
        }
        configured.push((place, name, secret.reveal(), true));
    }
    for (place, name, value, is_secret) in configured {
        let name = problems.note(&place, header_name(name));
        let value = problems.note(&place, header_value(value));
        if let (Some(name), Some(mut value)) = (name, value) {
            value.set_sensitive(is_secret);
            headers.insert(name, value);
        }
    }
    headers
}

fn header_name(name: &str) -> Result<HeaderName, String> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{}` is not the name of a header", name.escape_debug()))?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err("the adapter and its connections set this header; leave it out".to_owned());
    }
    Ok(parsed)
}

/// The message does not have the value: it may be a secret.
fn header_value(value: &str) -> Result<HeaderValue, String> {
    let is_plain = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let value = Some(value)
        .filter(|_| is_plain)
        .and_then(|value| HeaderValue::from_str(value).ok());
    value.ok_or_else(|| "its value has a character that may not stand in a header, such as the end of a line".to_owned())
}

fn result(projection: &Projection, place: &str, problems: &mut Problems) -> ResultFrom {
    let place = format!("{place}.result");
    let Projection::Headers(named) = projection else {
        return ResultFrom::Body;
    };
    let mut headers = BTreeMap::new();
    for (field, header) in named {
        if !is_field_name(field) {
            problems.add(&place, format!("`{field}` is not the name of a field"));
        }
        let parsed = HeaderName::from_bytes(header.as_bytes());
        let parsed = parsed.map_err(|_| format!("`{}` is not the name of a header", header.escape_debug()));
        headers.extend(problems.note(&place, parsed).map(|header| (field.clone(), header)));
    }
    ResultFrom::Headers(headers)
}
