//! The adapter itself: one attempt is at most one request.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{Client, Request};
use statewright_core::value::Value;
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use statewright_engine::clock::Clock;
use statewright_engine::configuration::ATTEMPTS_PER_ADAPTER_MAX;

use crate::action::Action;
use crate::answer;
use crate::base_url::BaseUrl;
use crate::configuration::{ConfigurationProblem, HttpConfiguration, InvalidConfiguration};
use crate::failure;
use crate::lookup::{CheckedLookup, Lookup, SystemLookup};
use crate::validation::{Validated, validate};

/// How long a connection that nobody uses stays open: less than servers commonly wait, so that it is this side that closes it.
const IDLE_SECONDS_MAX: u64 = 20;

/// Performs the actions of one configuration over HTTP.
pub struct HttpAdapter {
    name: Arc<str>,
    base: BaseUrl,
    actions: BTreeMap<Arc<str>, Action>,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl HttpAdapter {
    /// An adapter that looks names up as the operating system does.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration.
    pub fn new(configuration: &HttpConfiguration, clock: Arc<dyn Clock>) -> Result<Self, InvalidConfiguration> {
        HttpAdapter::with_lookup(configuration, clock, Arc::new(SystemLookup))
    }

    /// An adapter that looks names up elsewhere. What is found there is checked just the same.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration.
    pub fn with_lookup(
        configuration: &HttpConfiguration,
        clock: Arc<dyn Clock>,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, InvalidConfiguration> {
        let mut validated = validate(configuration)?;
        let actions = std::mem::take(&mut validated.actions);
        let (name, base) = (validated.name.clone(), validated.base.clone());
        let client = client(validated, lookup).map_err(|error| InvalidConfiguration {
            adapter: configuration.name.clone(),
            problems: vec![ConfigurationProblem {
                place: "authorities".to_owned(),
                message: format!("no client can be set up with it: {error}"),
            }],
        })?;
        Ok(HttpAdapter {
            name,
            base,
            actions,
            client,
            clock,
        })
    }

    /// The adapter's name in workflows.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn attempt(&self, attempt: &Attempt) -> Result<Value, AttemptFailure> {
        let Some(action) = self.actions.get(&attempt.action) else {
            return Err(AttemptFailure::Refused {
                message: format!("not sent: the adapter `{}` has no action `{}`", self.name, attempt.action),
                detail: Value::Null,
            });
        };
        let request = action.request(&self.base, attempt)?;
        let left = left(self.clock.now(), attempt.until).ok_or_else(failure::begun_too_late)?;
        let exchange = tokio::time::timeout(action.timeout.min(left), self.exchange(action, request));
        exchange.await.unwrap_or_else(|_| {
            Err(match action.timeout <= left {
                true => failure::too_slow(action.timeout),
                false => failure::abandoned(),
            })
        })
    }

    async fn exchange(&self, action: &Action, request: Request) -> Result<Value, AttemptFailure> {
        let response = self.client.execute(request).await;
        let response = response.map_err(|error| failure::no_answer(&error, &self.base.authority()))?;
        answer::read(action, response, self.clock.now()).await
    }
}

#[async_trait]
impl Adapter for HttpAdapter {
    fn has_action(&self, action: &str) -> bool {
        self.actions.contains_key(action)
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure> {
        let outcome = self.attempt(&attempt).await;
        let ended = match &outcome {
            Ok(_) => "result",
            Err(AttemptFailure::Temporary { .. }) => "temporary",
            Err(AttemptFailure::Refused { .. }) => "refused",
        };
        // Neither message nor result: both may have what only the trail's readers may see.
        let (adapter, key, action, number) = (&*self.name, &*attempt.key, &*attempt.action, attempt.number);
        tracing::debug!(adapter, key, action, number, ended, "attempt at an effect over HTTP");
        outcome
    }
}

impl fmt::Debug for HttpAdapter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("HttpAdapter");
        shown
            .field("name", &self.name)
            .field("base", &self.base.authority())
            .field("actions", &self.actions);
        shown.finish_non_exhaustive()
    }
}

/// A client that goes where it is sent and nowhere else: no redirects, no proxies, no cookies, no second sending.
fn client(validated: Validated, lookup: Arc<dyn Lookup>) -> reqwest::Result<Client> {
    let resolver = CheckedLookup {
        lookup,
        reach: validated.reach,
    };
    Client::builder()
        .dns_resolver(resolver)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .retry(reqwest::retry::never())
        .no_proxy()
        .https_only(validated.base.is_encrypted())
        .connect_timeout(validated.connect_timeout)
        .pool_idle_timeout(Duration::from_secs(IDLE_SECONDS_MAX))
        .pool_max_idle_per_host(ATTEMPTS_PER_ADAPTER_MAX)
        .tls_backend_preconfigured(validated.tls)
        .build()
}

fn left(now: Timestamp, until: Timestamp) -> Option<Duration> {
    let left = Duration::try_from(until.duration_since(now)).ok()?;
    Some(left).filter(|left| !left.is_zero())
}
