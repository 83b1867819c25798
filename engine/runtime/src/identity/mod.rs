//! People prove who they are: passwords, codes of a second factor, and the sessions that come of them.
//!
//! # Invariants
//! - Every change is fenced by the credential's revision and by the system's trail, in which it stands: what somebody may do is decided on
//!   what there is when it is kept. However many attempts come at once, no more are counted than may be.
//! - A session's secret is not stored, and says nothing in a log: its digest is the key.
//! - Who somebody is, and with which roles, is what the directory says now.
//! - A no says the same and takes as long, whatever it is for.
//!
//! # Deliberately absent
//! No cookies and no pages: those are the server's.

mod change;
mod enrolment;
mod found;
mod hashing;
pub mod lockout;
mod password;
mod proof;
mod secret;
mod sessions;
mod sign_in;
mod totp;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use tokio::time::Instant;

pub use self::change::PasswordFor;
pub use self::enrolment::Enrolment;
use self::found::SessionSource;
pub use self::found::{Identified, Standing, Use};
use self::hashing::Hashing;
pub use self::password::{LENGTH_MAX, LENGTH_MIN};
pub use self::secret::Secret;
pub use self::sessions::SessionListed;
pub use self::sign_in::SignedIn;
pub use self::totp::code_of;
use crate::clock::Entropy;
use crate::directory::Directory;
use crate::error::{EngineError, EngineResult};
use crate::store::Store;
use crate::system::SystemTrail;
use crate::trusted::Trusted;

/// What a session's secret begins with, so that one left lying about is recognised for what it is.
const PREFIX: &str = "sws_";

/// Microseconds after which a session ends that nobody uses, where no role says otherwise.
pub const IDLE_US: i64 = 30 * 60 * 1_000_000;

/// Microseconds after which any session ends: a long shift.
pub const LENGTH_US: i64 = 12 * 60 * 60 * 1_000_000;

/// Microseconds within which a code has to follow the password.
pub const CODE_WITHIN_US: i64 = 10 * 60 * 1_000_000;

/// Microseconds for which a password that an operator gave may be used, and changed.
pub const TEMPORARY_US: i64 = 7 * 24 * 60 * 60 * 1_000_000;

/// Sessions of one person; with another one the oldest ends.
pub const SESSIONS_MAX: usize = 20;

/// A no is given at the end of such a span: what was done for it cannot be told from how long it took.
const REFUSAL_SPAN: Duration = Duration::from_millis(250);

pub struct Identity {
    store: Arc<dyn Store>,
    system: Arc<SystemTrail>,
    entropy: Arc<dyn Entropy>,
    directory: Arc<Directory>,
    hashing: Hashing,
    found: Arc<Trusted<SessionSource>>,
    /// Attempts to sign in as nobody, which are counted and not named.
    unknown: AtomicU64,
}

impl Identity {
    pub fn new(store: Arc<dyn Store>, system: Arc<SystemTrail>, entropy: Arc<dyn Entropy>, directory: Arc<Directory>) -> Self {
        let source = SessionSource {
            store: store.clone(),
            directory: directory.clone(),
        };
        Identity {
            hashing: Hashing::new(entropy.clone()),
            found: Trusted::new(source),
            store,
            system,
            entropy,
            directory,
            unknown: AtomicU64::new(0),
        }
    }

    /// Ends sessions that are over, and notes in the trail how often somebody unknown tried to sign in.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn tick(&self, now: Timestamp) -> EngineResult<()> {
        self.end_expired(now).await?;
        let unknown = self.unknown.swap(0, Ordering::Relaxed);
        if unknown == 0 {
            return Ok(());
        }
        let count = Value::Integer(unknown.cast_signed());
        let by = Actor::engine();
        if let Err(error) = self.system.note("sign_ins_unknown", [("count", count)], &by, now).await {
            // they are noted with those that come
            self.unknown.fetch_add(unknown, Ordering::Relaxed);
            return Err(error);
        }
        Ok(())
    }

    /// Whoever is in the directory otherwise than before is so for all requests once this has ended. Nobody waits who has no session.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn person_changed(&self, id: &str) -> EngineResult<()> {
        if !self.store.sessions_of(id).await?.is_empty() {
            self.found.revoked().await;
        }
        Ok(())
    }

    /// The same words and the same time for every no.
    async fn refuse<T>(&self, begun: Instant) -> EngineResult<T> {
        let spans = begun.elapsed().as_millis() / REFUSAL_SPAN.as_millis() + 1;
        let spans = u32::try_from(spans).unwrap_or(u32::MAX);
        tokio::time::sleep_until(begun + REFUSAL_SPAN.saturating_mul(spans)).await;
        Err(EngineError::NotProved)
    }

    /// A session's secret, and its digest.
    fn draw(&self) -> (Secret, Digest) {
        let text = format!("{PREFIX}{}", Digest(self.entropy.draw()));
        let hash = Digest::of(text.as_bytes());
        (Secret::new(text), hash)
    }
}

/// Of a session, by its digest: it says nothing of either.
fn id_of(hash: Digest) -> Arc<str> {
    Digest::of(&hash.0).to_string().get(..16).unwrap_or_default().into()
}
