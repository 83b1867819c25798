//! The statechart interpreter: `(chart, snapshot, input, facts, now) → Outcome | Needs`.
//!
//! One call takes one input through one macrostep (SCXML, appendix D): the input's own transitions, then every eventless
//! transition and raised event that follows, until the configuration is stable. Nothing is performed here: an outcome is data.
//!
//! **Architecture invariant:** the same arguments give the same outcome, byte for byte.

mod fact;
mod input;
mod interface;
mod outcome;
mod snapshot;
mod system;

pub use fact::{Fact, Facts, Needs, ReadRequest};
pub use input::{Actor, ActorKind, AdapterFailure, Input, InputKind, SendVerdict, StartInput};
pub use interface::{
    KeyResolution, Offer, Record, Stepped, Stored, Unreadable, Visibility, handles_failure, offers, record, repeats, requirement,
    resolve_key, step, system_chart, system_entry, title, view, visibility,
};
pub use outcome::{
    ClaimChange, Effect, Entry, Failure, Message, MessageKind, Outcome, Refusal, RefusalKind, SubscriptionChange, TimerChange, Verdict,
};
pub use system::{SYSTEM_KEY, SYSTEM_WORKFLOW};
pub use snapshot::{ActiveInvoke, ArmedTimer, LastTaken, Parent, PendingSend, Snapshot, Status};
