//! `serve`: the engine and its API, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::identity::Digest;
use statewright_engine::clock::{Clock, Entropy, SystemEntropy, WallClock};
use statewright_engine::registry::LanguageCompiler;
use statewright_engine::{Engine, Surroundings};

use super::target::{address, reach};
use super::*;
use crate::configuration::{Configuration, LISTEN_DEFAULT, Secrets};
use crate::desk::engine_failure;
use crate::failure::{Exit, Failure};
use crate::http::{Gate, STOP_TIMEOUT, Server, Service, Shared};
use crate::json::{object, text};

#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:8620]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The store: sqlite:FILE, postgres://USER@HOST/DATABASE or memory: [default: sqlite:statewright.db]
    #[arg(long, env = "STATEWRIGHT_STORE", value_name = "STORE", hide_env_values = true)]
    store: Option<String>,
    /// The deployment's configuration
    #[arg(long, env = "STATEWRIGHT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// TLS ends at a reverse proxy, over a network that only it and this server use
    #[arg(long)]
    behind_proxy: bool,
    /// Listen beyond this machine without TLS all the same; tokens and data can be read on the way
    #[arg(long)]
    insecure_plaintext: bool,
}

impl Serve {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let mut configuration = match &self.config {
            Some(file) => Configuration::read(file)?,
            None => Configuration::default(),
        };
        configuration.behind_proxy |= self.behind_proxy;
        let listen = self.listen_address(&configuration)?;
        crate::log::begin(&configuration)?;
        let address = address(self.store.as_deref(), &configuration, terminal)?;
        let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
        let mut engine = configuration.engine(node_name());
        engine.mailing = configuration.mailing()?;
        let surroundings = Surroundings {
            store: reach(&address, true).await?,
            compiler: Arc::new(LanguageCompiler),
            adapters: configuration.adapters(Secrets::Needed, &clock)?,
            clock,
            entropy: Arc::new(SystemEntropy),
        };
        // Before anything is promised to anyone: an address that is taken ends here.
        let server = bind(listen).await?;
        let engine = Engine::launch(engine, surroundings).await.map_err(engine_failure)?;
        let service = Service::new(engine, configuration.behind_proxy);
        announce(&server, &address, &service, terminal).await;
        run(server, service, stop_asked_for(), terminal).await
    }

    fn listen_address(&self, configuration: &Configuration) -> Result<SocketAddr, Failure> {
        let listen = match (&self.listen, configuration.listen) {
            (Some(given), _) => parse_listen(given)?,
            (None, Some(configured)) => configured,
            (None, None) => parse_listen(LISTEN_DEFAULT)?,
        };
        if configuration.behind_proxy || self.insecure_plaintext {
            Ok(listen)
        } else {
            loopback_only(listen)
        }
    }
}

/// Serves until `asked` ends, then lets what is under way finish.
pub async fn run(server: Server, service: Shared, asked: impl Future<Output = ()>, terminal: Terminal) -> Outcome {
    let stop = {
        let service = service.clone();
        async move {
            asked.await;
            service.stop();
            terminal.note("stopping: what was accepted is finished first");
        }
    };
    server.serve(Gate::new(service.clone()), stop).await;
    let ended = service.engine.shut_down(STOP_TIMEOUT).await;
    if !ended.drained {
        terminal.warning("stopped before everything was finished; it goes on when a server runs again");
    }
    Ok(Exit::Done)
}

/// An address that other machines cannot reach.
///
/// # Errors
/// They can.
pub fn loopback_only(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    if listen.ip().is_loopback() {
        return Ok(listen);
    }
    let sentence = format!("{listen} can be reached from other machines, and this server speaks plain HTTP");
    Err(Failure::misused(Code::PlaintextListener, sentence)
        .hint("Listen on 127.0.0.1; `serve` can stand behind a reverse proxy that ends TLS, and takes `--behind-proxy`"))
}

pub async fn bind(listen: SocketAddr) -> Result<Server, Failure> {
    Server::bind(listen).await.map_err(|error| {
        Failure::no(Code::AddressUnusable, format!("Cannot listen on {listen}: {error}"))
            .hint("Choose another with `--listen 127.0.0.1:PORT`; port 0 takes any that is free")
    })
}

pub fn parse_listen(given: &str) -> Result<SocketAddr, Failure> {
    given.parse().map_err(|_| {
        Failure::misused(Code::AddressUnusable, format!("`{given}` is no address to listen on"))
            .hint(format!("Write an address and a port, such as `{LISTEN_DEFAULT}`"))
    })
}

/// Unlike that of any other node on the same database.
pub fn node_name() -> String {
    let drawn = Digest(SystemEntropy.draw()).to_string();
    format!("node-{}", drawn.get(..12).unwrap_or(&drawn))
}

async fn announce(server: &Server, address: &StoreAddress, service: &Service, terminal: Terminal) {
    let url = format!("http://{}", server.address());
    if terminal.json {
        terminal.document(&object([("store", text(&address.to_string())), ("url", text(&url))]));
        return;
    }
    terminal.note(format_args!(
        "statewright {} listens on {url}, store {address}",
        env!("CARGO_PKG_VERSION")
    ));
    if let Ok(tokens) = service.engine.tokens().list().await
        && tokens.is_empty()
    {
        terminal.hint("nobody has an access token yet; make one: `statewright token create YOU:operator`");
    }
}

/// Ends when the process is interrupted or told to end.
pub async fn stop_asked_for() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupted.await;
            return;
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}
