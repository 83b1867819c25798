//! The statechart interpreter: `(chart, snapshot, input, facts, now) → Outcome | Needs`.
//!
//! [`step`] takes one input through one macrostep (SCXML, appendix D): the input's own transitions, then every eventless
//! transition and raised event that follows, until the configuration is stable. Nothing is performed here: an outcome is data.
//! [`seal`] makes of an outcome the entry of the trail and the canonical snapshot, which is half of the work and only needed for
//! what is committed.
//!
//! **Architecture invariant:** the same arguments give the same outcome, byte for byte.

mod action;
mod acts;
mod admission;
mod answers;
mod business;
mod claims;
mod conclude;
mod data;
mod decision;
mod event;
mod fact;
mod input;
mod interrupt;
mod invoke;
mod key;
mod log;
mod machine;
mod members;
mod microstep;
mod offers;
mod outcome;
mod people;
mod personal;
mod record;
mod requirement;
mod run;
mod scope;
mod seal;
mod select;
mod sets;
mod sight;
mod snapshot;
mod stored;
mod system;
#[cfg(test)]
mod tests;
mod timer;
mod tree;
mod view;

pub use action::{EACH_ITEMS_MAX, INTENTS_MAX, SENDS_PENDING_MAX};
pub use acts::{Record, record, repeats, system_chart, system_entry};
pub use decision::DECISIONS_MAX;
pub use fact::{Fact, Facts, Needs, ReadRequest};
pub use input::{Actor, ActorKind, AdapterFailure, Input, InputKind, SendVerdict, StartInput};
pub use key::{KEY_BYTES_MAX, KeyResolution, resolve_key};
pub use log::Trace;
pub use microstep::MICROSTEPS_MAX;
pub use offers::{Offer, offers};
pub use outcome::{
    ClaimChange, Effect, Entry, Failure, Message, MessageKind, Outcome, Refusal, RefusalKind, SubscriptionChange, TimerChange,
    Verdict,
};
pub use personal::{commitment_of, holds_personal_data, secret_of};
pub use requirement::{handles_failure, requirement, would_strand};
pub use run::{Stepped, step};
pub use seal::seal;
pub use sight::{AUDITOR, Visibility, sees, visibility};
pub use snapshot::{ActiveInvoke, ArmedTimer, LastTaken, Parent, PendingSend, Snapshot, Status};
pub use stored::{Stored, Unreadable};
pub use system::{SYSTEM_KEY, SYSTEM_WORKFLOW};
pub use view::{in_words, label, title, view};
