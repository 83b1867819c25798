//! Proving anew who one is, at the moment of signing.

use jiff::Timestamp;
use statewright_core::chart::Proof;
use statewright_core::value::Value;
use tokio::time::Instant;

use super::change::{Kept, failed, is_locked, next_of};
use super::found::{Identified, Standing};
use super::secret::Secret;
use super::sign_in::step_of;
use super::{Identity, totp};
use crate::error::EngineResult;
use crate::store::Credential;

impl Identity {
    /// What somebody who is signed in proves with this: their password, or a code of their second factor. No password is as short as a code. A wrong
    /// one counts as at sign-in.
    ///
    /// # Errors
    /// [`NotProved`](crate::error::EngineError::NotProved), whatever the reason; those of the store.
    pub async fn prove(&self, who: &Identified, given: &Secret, now: Timestamp) -> EngineResult<Proof> {
        let begun = Instant::now();
        if who.standing != Standing::Full {
            return self.refuse(begun).await;
        }
        if totp::is_code(given.reveal()) {
            return self.prove_code(who, given, now, begun).await;
        }
        self.prove_password(who, given, now).await?;
        Ok(Proof::Password)
    }

    async fn prove_code(&self, who: &Identified, code: &Secret, now: Timestamp, begun: Instant) -> EngineResult<Proof> {
        let person = &who.actor.id;
        let proved = self
            .decide_in(who, now, |credential, _| {
                if is_locked(&credential, now) {
                    return Ok((None, false));
                }
                let Some(step) = step_of(&credential, code, now) else {
                    return Ok((Some(failed(&credential, "proof_failed", now)), false));
                };
                let kept = Kept::new("proved", person).with("with", Value::from_text("second_factor"));
                let next = Credential {
                    step,
                    ..next_of(Some(&credential), person)
                };
                Ok((Some(kept.credential(next)), true))
            })
            .await?;
        match proved {
            true => Ok(Proof::SecondFactor),
            false => self.refuse(begun).await,
        }
    }
}
