//! What a command acts on: a store that it opens itself, or a server.

use std::path::Path;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_engine::clock::{Clock, WallClock};
use statewright_engine::store::{Store, StoreError, open};

use super::store_address::STORE_FILE_DEFAULT;
use super::*;
use crate::client::{Call, Client, Remote, Reply};
use crate::configuration::{Configuration, Secrets};
use crate::desk::{Desk, Equipment};
use crate::failure::Failure;
use crate::http::Caller;

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Where")]
pub struct Target {
    /// The store: `sqlite:FILE`, `postgres://USER@HOST/DATABASE` or `memory:`; without it, `sqlite:statewright.db`
    #[arg(
        long,
        global = true,
        env = "STATEWRIGHT_STORE",
        value_name = "STORE",
        hide_env_values = true
    )]
    store: Option<String>,
    /// Act on the store as this person, `USER[:ROLE,ROLE][@ORGANISATION]`; without it, as the operator
    #[arg(id = "as", long = "as", global = true, value_name = "WHO")]
    principal: Option<String>,
    /// Act on behalf of this user, whom you stand in for while they are away
    #[arg(id = "for", long = "for", global = true, value_name = "USER")]
    behalf: Option<String>,
    /// Act through a server instead
    #[arg(long, global = true, value_name = "URL", conflicts_with = "as")]
    server: Option<String>,
    /// The access token for the server; the environment hides it better than an argument
    #[arg(
        long,
        global = true,
        env = "STATEWRIGHT_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// The deployment's configuration: its store, zone and adapters
    #[arg(long, global = true, env = "STATEWRIGHT_CONFIG", value_name = "FILE")]
    config: Option<String>,
}

/// Whether a database that is not there is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Make,
    Refuse,
}

/// Stands for a proof where the command line vouches for who acts.
const BY_ITS_WORD: &str = "the command line vouches";

impl Target {
    /// What a person signs with: the token in use; on a store that the command line opens itself, its word.
    pub fn proof(&self) -> &str {
        match &self.server {
            Some(_) => self.token.as_deref().unwrap_or_default(),
            None => BY_ITS_WORD,
        }
    }

    /// Who acts without any role, where the command line says who acts: what is for a role is not for them.
    pub fn without_a_role(&self) -> Option<Arc<str>> {
        let principal: Principal = self.principal.as_deref()?.parse().ok()?;
        principal.roles.is_empty().then_some(principal.user)
    }

    /// One request to what is there.
    pub async fn ask(&self, terminal: Terminal, call: Call) -> Result<Reply, Failure> {
        once(self.open(terminal).await?, call).await
    }

    /// One request that may make the database.
    pub async fn ask_making(&self, terminal: Terminal, call: Call) -> Result<Reply, Failure> {
        once(self.open_making(terminal).await?, call).await
    }

    /// Somebody to talk to about what is there.
    pub async fn open(&self, terminal: Terminal) -> Result<Desk, Failure> {
        self.desk(terminal, Absent::Refuse).await
    }

    /// The same, where a database that is not there is made.
    pub async fn open_making(&self, terminal: Terminal) -> Result<Desk, Failure> {
        self.desk(terminal, Absent::Make).await
    }

    /// The store alone, as it is.
    pub async fn open_store(&self, terminal: Terminal) -> Result<Arc<dyn Store>, Failure> {
        if self.server.is_some() {
            return Err(
                Failure::misused(Code::StoreAddress, "This looks into the store itself, not through a server")
                    .hint("Name the store with `--store`"),
            );
        }
        let store = self.reach(&self.configuration()?, terminal, Absent::Refuse).await?;
        store.migrate().await.map_err(unopened)?;
        Ok(store)
    }

    async fn desk(&self, terminal: Terminal, absent: Absent) -> Result<Desk, Failure> {
        if let Some(server) = &self.server {
            let token = self.token.clone().unwrap_or_default();
            let is_given = !token.is_empty();
            let remote = Remote::new(server, token, self.behalf.as_deref())?;
            if !is_given {
                return Err(
                    Failure::misused(Code::Unauthenticated, format!("A token is needed for {server}")).hint(
                        "Give it with STATEWRIGHT_TOKEN or `--token`; an operator makes one with `statewright token create`",
                    ),
                );
            }
            return Ok(Desk::remote(Client::Remote(remote)));
        }
        let configuration = self.configuration()?;
        let principal: Principal = self.principal.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        let store = self.reach(&configuration, terminal, absent).await?;
        let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
        let equipment = Equipment {
            store,
            adapters: configuration.adapters(Secrets::Unused, &clock)?,
            configuration: configuration.engine("command-line"),
            clock,
        };
        let actor = Arc::new(principal.actor());
        Desk::local(equipment, Caller::vouched_for(actor), self.behalf.as_deref()).await
    }

    fn configuration(&self) -> Result<Configuration, Failure> {
        match &self.config {
            Some(file) => Configuration::read(Path::new(file)),
            None => Ok(Configuration::default()),
        }
    }

    async fn reach(&self, configuration: &Configuration, terminal: Terminal, absent: Absent) -> Result<Arc<dyn Store>, Failure> {
        let address = address(self.store.as_deref(), configuration, terminal)?;
        reach(&address, absent == Absent::Make).await
    }
}

/// The store that is meant: by the argument or the environment, by the configuration, or the file in this folder.
pub fn address(given: Option<&str>, configuration: &Configuration, terminal: Terminal) -> Result<StoreAddress, Failure> {
    if let Some(given) = given {
        return given.parse();
    }
    if let Some(configured) = &configuration.store {
        return Ok(configured.clone());
    }
    if !terminal.json {
        terminal.note(format_args!(
            "the store is `{STORE_FILE_DEFAULT}` in this folder; name another with `--store` or STATEWRIGHT_STORE"
        ));
    }
    Ok(StoreAddress::default())
}

/// Opens a store.
///
/// # Errors
/// It cannot be reached; there is none and none is to be made.
pub async fn reach(address: &StoreAddress, make: bool) -> Result<Arc<dyn Store>, Failure> {
    if let StoreAddress::Sqlite(file) = address
        && !make
        && !file.exists()
    {
        return Err(
            Failure::misused(Code::StoreAbsent, format!("There is no database `{}`", file.display()))
                .hint("Name it with `--store`, or make one: `statewright deploy`, `serve` and `token create` do"),
        );
    }
    if let StoreAddress::Sqlite(file) = address {
        make_private(file)?;
    }
    open(&address.url()).await.map_err(unopened)
}

/// Makes an absent database as an empty file that only its owner reads: what SQLite writes beside it is no more open than the file.
fn make_private(file: &Path) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(
            Failure::no(Code::StoreUnopened, format!("`{}` cannot be made: {error}", file.display()))
                .hint("Name a file in a folder that is there and may be written"),
        ),
    }
}

fn unopened(error: StoreError) -> Failure {
    Failure::no(Code::StoreUnopened, format!("The store cannot be opened: {error}"))
        .hint("Check that the database runs, and that its address, user and rights are right")
}

async fn once(desk: Desk, call: Call) -> Result<Reply, Failure> {
    let reply = desk.client.call(call).await;
    desk.close().await;
    reply
}
