//! `demo`: the whole thing at once, to look at and to try.

use std::time::Duration;

use statewright_core::time::parse_duration;

use super::serve::{bind, loopback_only, parse_listen, run, stop_asked_for};
use super::*;
use crate::configuration::{Configuration, LISTEN_DEFAULT};
use crate::demo::Demo as Running;
use crate::failure::{Exit, Failure};

#[derive(Debug, Args)]
pub struct Demo {
    /// Where to listen; this machine only
    #[arg(long, value_name = "ADDRESS:PORT", default_value = LISTEN_DEFAULT)]
    listen: String,
    /// Keep the demo's database here; without it, it goes with the demo
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// How long people take for each step, such as `2s`
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pace: String,
}

impl Demo {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let listen = loopback_only(parse_listen(&self.listen)?)?;
        let pace = pace(&self.pace)?;
        let store = self.store.as_deref().map(str::parse::<StoreAddress>).transpose()?;
        crate::log::begin(&Configuration::quiet())?;
        let server = bind(listen).await?;
        let url = format!("http://{}", server.address());
        // From before anybody knows of it on.
        let asked = stop_asked_for_or_hung_up();
        let demo = Running::begin(store).await?;
        terminal.answer(&demo.to_value(&url), || demo.words(&url));
        let service = demo.service.clone();
        let story = async {
            if let Err(failure) = demo.tell(pace, terminal).await {
                terminal.failure(&failure);
            }
            terminal.note("Ctrl-C ends the demo");
            // Whoever serves ends both.
            std::future::pending::<()>().await;
        };
        let served = tokio::select! {
            served = run(server, service, asked, terminal) => served,
            () = story => Ok(Exit::Done),
        };
        demo.end().await;
        served
    }
}

/// A demo belongs to the terminal in which it was begun, and leaves nothing behind when that is closed.
fn stop_asked_for_or_hung_up() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let hung_up = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
    async move {
        #[cfg(unix)]
        if let Ok(mut hung_up) = hung_up {
            tokio::select! {
                () = stop_asked_for() => {}
                _ = hung_up.recv() => {}
            }
            return;
        }
        stop_asked_for().await;
    }
}

fn pace(given: &str) -> Result<Duration, Failure> {
    let microseconds = parse_duration(given)
        .ok()
        .filter(|pace| pace.is_exact())
        .map(|pace| pace.microseconds);
    let pace = microseconds
        .and_then(|microseconds| u64::try_from(microseconds).ok())
        .map(Duration::from_micros);
    pace.ok_or_else(|| {
        Failure::misused(
            statewright_core::diagnostic::Code::SettingUnusable,
            format!("`{given}` is no pace"),
        )
        .hint("Write a duration in whole seconds such as `2s`, or `0s` for none")
    })
}
