//! How a simulator misbehaves, decided anew for each attempt and always the same way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Longer than any client waits; what should never be answered is `hang_first`.
const SLOW_MS_MAX: u64 = 600_000;

/// What goes wrong. The default is a service without a fault.
///
/// Attempts are counted for each idempotency key from the moment this behaviour was set. A key's first attempts fail
/// (`fail_first`), the next hang (`hang_first`), the next are done but not answered (`drop_first`); what comes after is answered,
/// save for what `fail_rate` takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// Each answer is held back so many milliseconds. The effect is already done, so that an impatient client leaves it behind.
    pub slow_ms: u64,
    /// So many attempts of each key fail, before the effect, with `status`.
    pub fail_first: u32,
    /// So many attempts of each key are never answered, and have no effect.
    pub hang_first: u32,
    /// So many attempts of each key take effect, and then the connection closes without an answer.
    pub drop_first: u32,
    /// Share of the other attempts that fail, before the effect, with `status`: 0 none, 1 all.
    pub fail_rate: f64,
    /// Chooses which attempts `fail_rate` takes.
    pub seed: u64,
    /// The status of a failure, 400 to 599; 503 by default.
    pub status: u16,
    /// Each request reaches the service twice, as if the network had doubled it; the second answer is the one that is sent.
    pub answer_twice: bool,
}

/// A behaviour that cannot be meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidBehaviour {
    #[error("`fail_rate` is {0}; it is a share, from 0 to 1")]
    FailRate(f64),
    #[error("`status` is {0}; a failure has a status from 400 to 599")]
    Status(u16),
    #[error("`slow_ms` is {0}, more than {SLOW_MS_MAX}; what should never be answered is `hang_first`")]
    Slow(u64),
}

/// What becomes of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// No effect; answered with this status.
    Fail(u16),
    /// No effect; never answered.
    Hang,
    /// The effect, and no answer.
    Drop,
    /// The effect, and its answer.
    Answer,
}

/// The behaviour in force, and how many attempts of each key it has seen.
#[derive(Debug, Default)]
pub struct Conduct {
    behaviour: Behaviour,
    attempts: BTreeMap<String, u32>,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            slow_ms: 0,
            fail_first: 0,
            hang_first: 0,
            drop_first: 0,
            fail_rate: 0.0,
            seed: 0,
            status: 503,
            answer_twice: false,
        }
    }
}

impl Behaviour {
    /// # Errors
    /// A share outside 0 to 1, a status that is no failure, a delay longer than ten minutes.
    pub fn validate(&self) -> Result<(), InvalidBehaviour> {
        if !(0.0..=1.0).contains(&self.fail_rate) {
            return Err(InvalidBehaviour::FailRate(self.fail_rate));
        }
        if !(400..=599).contains(&self.status) {
            return Err(InvalidBehaviour::Status(self.status));
        }
        if self.slow_ms > SLOW_MS_MAX {
            return Err(InvalidBehaviour::Slow(self.slow_ms));
        }
        Ok(())
    }

    /// What becomes of a key's attempt, counted from 1.
    pub(crate) fn course(&self, key: &str, attempt: u32) -> Course {
        let hang_from = self.fail_first;
        let drop_from = hang_from.saturating_add(self.hang_first);
        let sound_from = drop_from.saturating_add(self.drop_first);
        match attempt {
            _ if attempt <= hang_from => Course::Fail(self.status),
            _ if attempt <= drop_from => Course::Hang,
            _ if attempt <= sound_from => Course::Drop,
            _ if share(self.seed, key, attempt) < self.fail_rate => Course::Fail(self.status),
            _ => Course::Answer,
        }
    }
}

impl Conduct {
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// From here on. Attempts are counted anew.
    ///
    /// # Errors
    /// As [`Behaviour::validate`]; the behaviour in force then stays.
    pub fn set(&mut self, behaviour: Behaviour) -> Result<(), InvalidBehaviour> {
        behaviour.validate()?;
        *self = Conduct {
            behaviour,
            attempts: BTreeMap::new(),
        };
        Ok(())
    }

    /// What becomes of this key's next attempt.
    pub fn next(&mut self, key: &str) -> Course {
        let attempt = self.attempts.entry(key.to_owned()).or_default();
        *attempt = attempt.saturating_add(1);
        self.behaviour.course(key, *attempt)
    }
}

/// A number from 0 up to 1 that depends on nothing but these three: FNV-1a over the bytes, then the finisher of SplitMix64, since
/// FNV alone leaves neighbouring attempts with neighbouring numbers.
fn share(seed: u64, key: &str, attempt: u32) -> f64 {
    let bytes = seed.to_le_bytes().into_iter().chain(attempt.to_le_bytes()).chain(key.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 53 bits are what a double holds exactly.
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_order_and_end() {
        let behaviour = Behaviour {
            fail_first: 2,
            hang_first: 1,
            drop_first: 1,
            status: 500,
            ..Behaviour::default()
        };
        let mut conduct = Conduct::default();
        conduct.set(behaviour).expect("the behaviour is valid");
        let mut courses = |key: &str, attempts: usize| -> Vec<Course> { (0..attempts).map(|_| conduct.next(key)).collect() };
        let (fail, hang, drop, answer) = (Course::Fail(500), Course::Hang, Course::Drop, Course::Answer);
        assert_eq!(courses("a", 6), [fail, fail, hang, drop, answer, answer]);
        assert_eq!(courses("b", 3), [fail, fail, hang], "each key has its own count");
    }

    #[test]
    fn a_new_behaviour_counts_anew() {
        let mut conduct = Conduct::default();
        assert_eq!(conduct.next("a"), Course::Answer);
        conduct
            .set(Behaviour {
                fail_first: 1,
                ..Behaviour::default()
            })
            .expect("the behaviour is valid");
        assert_eq!([conduct.next("a"), conduct.next("a")], [Course::Fail(503), Course::Answer]);
    }

    #[test]
    fn a_rate_takes_its_share_and_always_the_same_attempts() {
        let taken = |fail_rate: f64, seed: u64| -> Vec<usize> {
            let behaviour = Behaviour {
                fail_rate,
                seed,
                ..Behaviour::default()
            };
            (0..10_000)
                .filter(|number| behaviour.course(&format!("order-{number}:3:ship"), 1) != Course::Answer)
                .collect()
        };
        assert_eq!(taken(0.0, 1).len(), 0);
        assert_eq!(taken(1.0, 1).len(), 10_000);
        let quarter = taken(0.25, 1);
        assert!((2_300..2_700).contains(&quarter.len()), "{} of 10,000", quarter.len());
        assert_eq!(taken(0.25, 1), quarter);
        assert_ne!(taken(0.25, 2), quarter);
    }

    #[test]
    fn a_rate_does_not_condemn_a_key_for_ever() {
        let behaviour = Behaviour {
            fail_rate: 0.5,
            seed: 7,
            ..Behaviour::default()
        };
        for key in 0..1_000 {
            let answered = (1..=64).any(|attempt| behaviour.course(&format!("k{key}"), attempt) == Course::Answer);
            assert!(answered, "64 coins in a row fell the same way for k{key}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let refused = |json: &str| -> String {
            match serde_json::from_str::<Behaviour>(json) {
                Err(error) => error.to_string(),
                Ok(behaviour) => behaviour
                    .validate()
                    .map_or_else(|error| error.to_string(), |()| "accepted".to_owned()),
            }
        };
        assert_eq!(
            refused(r#"{"fail_rate": 1.5}"#),
            "`fail_rate` is 1.5; it is a share, from 0 to 1"
        );
        assert_eq!(
            refused(r#"{"status": 200}"#),
            "`status` is 200; a failure has a status from 400 to 599"
        );
        assert_eq!(
            refused(r#"{"slow_ms": 600001}"#),
            "`slow_ms` is 600001, more than 600000; what should never be answered is `hang_first`"
        );
        assert!(
            refused(r#"{"slow": 1}"#).starts_with("unknown field `slow`, expected one of `slow_ms`"),
            "{}",
            refused(r#"{"slow": 1}"#)
        );
        assert_eq!(refused(r#"{"slow_ms": 5, "fail_first": 1, "status": 500}"#), "accepted");
    }
}
