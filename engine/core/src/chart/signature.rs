//! Electronic signatures: what is signed, by how many, and how they prove who they are.

use std::sync::Arc;

use super::ValueTemplate;
use crate::expression::Template;

#[derive(Clone, Debug)]
pub struct Signature {
    /// The sentence that is signed.
    pub means: Template,
    pub people: Signers,
    pub with: Proof,
    /// What is signed besides the event's input.
    pub over: Option<ValueTemplate>,
}

#[derive(Clone, Debug)]
pub enum Signers {
    /// Gives how many different people.
    Count(Template),
    /// One person for each of these roles.
    Roles(Vec<Arc<str>>),
}

/// How a signer proves who they are, at the moment of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Password,
    SecondFactor,
    Wallet,
}

impl Proof {
    pub fn as_str(self) -> &'static str {
        match self {
            Proof::Password => "password",
            Proof::SecondFactor => "second_factor",
            Proof::Wallet => "wallet",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        match word {
            "password" => Some(Proof::Password),
            "second_factor" => Some(Proof::SecondFactor),
            "wallet" => Some(Proof::Wallet),
            _ => None,
        }
    }

    /// Whether who has proved themselves so has proved it as is asked for: a second factor comes on top of a password.
    pub fn suffices(self, wanted: Proof) -> bool {
        self == wanted || (self == Proof::SecondFactor && wanted == Proof::Password)
    }
}
