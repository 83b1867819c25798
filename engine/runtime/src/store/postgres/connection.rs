//! How connections are set up and kept, and what their errors mean to a caller.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use crate::store::{StoreError, StoreResult};

/// For reads, timers, messages and the outbox; commits have connections of their own.
const POOL_CONNECTIONS_MAX: u32 = 16;

/// A caller that gets no connection for so long is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that has rested for longer is asked whether it is still there before it is used: the database may have been
/// restarted meanwhile. Shorter than any restart, longer than the pauses under load.
pub(super) const TRUST_AFTER_USE: Duration = Duration::from_millis(250);

/// Every connection: tables that fill and empty are never scanned whole, whatever the statistics say; statements are too short
/// to be compiled; a node that hangs gives its locks back, and nobody waits for a lock for ever.
pub(super) const SET_UP: &str = "
    set enable_seqscan = off;
    set jit = off;
    set lock_timeout = '10s';
    set idle_in_transaction_session_timeout = '30s'";

/// The connections that commit: one plan for each statement for ever, the same whatever the statistics say. Each table is reached
/// through an index by `= any (array)`, everything else is hashed; so the effort is linear in the batch.
pub(super) const SET_UP_COMMITTER: &str = "
    set plan_cache_mode = force_generic_plan;
    set enable_nestloop = off;
    set enable_mergejoin = off;
    set enable_bitmapscan = off";

/// What the URL says.
#[derive(Clone)]
pub(super) struct Address {
    options: PgConnectOptions,
}

impl Address {
    pub(super) fn parse(url: &str) -> StoreResult<Self> {
        // The driver's error may quote the URL, and with it a password.
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            StoreError::Refused("the database's URL is not of the form postgres://USER@HOST:PORT/DATABASE".into())
        })?;
        let options = options.application_name("statewright").disable_statement_logging();
        Ok(Address { options })
    }

    pub(super) fn pool(&self) -> PgPool {
        let pool = PgPoolOptions::new()
            .max_connections(POOL_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    let is_trusted = meta.idle_for < TRUST_AFTER_USE;
                    Ok(is_trusted || connection.ping().await.is_ok())
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(SET_UP).await?;
                    Ok(())
                })
            });
        pool.connect_lazy_with(self.options.clone())
    }

    /// Says at once whether the database can be reached.
    pub(super) async fn check(&self) -> StoreResult<()> {
        let connection = self.options.connect().await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    pub(super) async fn committer(&self) -> StoreResult<PgConnection> {
        let mut connection = self.options.connect().await.map_err(failed)?;
        connection.execute(SET_UP).await.map_err(failed)?;
        connection.execute(SET_UP_COMMITTER).await.map_err(failed)?;
        Ok(connection)
    }
}

/// Sorts an error by what the caller can do.
#[allow(clippy::needless_pass_by_value)] // to be named in `map_err`
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(cause) => {
            let code = cause.code().unwrap_or_default();
            match (&*code, code.get(..2).unwrap_or_default()) {
                ("42P01", _) => StoreError::Schema("the database has no schema yet: migrate it first".into()),
                ("53100", _) => StoreError::Full(cause.to_string()),
                // Values that PostgreSQL cannot hold, a broken constraint, something too large.
                (_, "22" | "23" | "54") => StoreError::Refused(cause.to_string()),
                (_, "XX") => StoreError::Damaged(cause.to_string()),
                _ => StoreError::Unavailable(cause.to_string()),
            }
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
            StoreError::Damaged(error.to_string())
        }
        sqlx::Error::Encode(_) => StoreError::Refused(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Why something was not done, by what is to be done next.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection is gone; whether the last commit happened is not known.
    Lost(StoreError),
    /// Another transaction was in the way; the same again may succeed at once.
    Collision(StoreError),
    /// Anything else; nothing was written.
    Failed(StoreError),
}

impl Trouble {
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Trouble::Lost(error) | Trouble::Collision(error) | Trouble::Failed(error) => error,
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Trouble::Failed(error)
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|cause| cause.code())
            .unwrap_or_default()
            .into_owned();
        match &error {
            // Deadlock, serialization, lock timeout, or a row that came in between.
            sqlx::Error::Database(_) if matches!(&*code, "40P01" | "40001" | "55P03" | "23505") => {
                Trouble::Collision(StoreError::Unavailable(error.to_string()))
            }
            // A shutdown, a crash or a session that was ended says so.
            sqlx::Error::Database(_) if code.starts_with("57P") || code.starts_with("08") || code.starts_with("25P") => {
                Trouble::Lost(failed(error))
            }
            sqlx::Error::Database(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound => Trouble::Failed(failed(error)),
            _ => Trouble::Lost(failed(error)),
        }
    }
}
