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
mod agreed;
mod answers;
mod assignment;
mod audience;
mod blind;
mod business;
mod children;
mod claims;
mod clock;
mod clock_stored;
mod conclude;
mod data;
mod decision;
mod event;
mod event_places;
mod fact;
mod find;
mod glass;
mod glass_stored;
mod index;
mod input;
mod interrupt;
mod invoke;
mod kept;
mod key;
mod ladder;
mod log;
mod machine;
mod members;
mod microstep;
mod needed;
mod offers;
mod outcome;
mod people;
mod personal;
mod place;
mod record;
mod record_intents;
mod record_task;
mod report;
mod requirement;
mod run;
mod scheduled;
mod scope;
mod seal;
mod select;
mod sets;
mod sight;
mod signature;
mod signature_stored;
mod snapshot;
mod stored;
mod system;
mod task;
mod task_act;
mod task_stored;
mod task_view;
#[cfg(test)]
mod tests;
mod tie;
mod timer;
mod timer_of;
mod topic;
mod tree;
mod trial;
mod undo;
mod unit;
mod view;

pub use action::{EACH_ITEMS_MAX, INTENTS_MAX, SENDS_PENDING_MAX};
pub use acts::{RECORD, Record, record, repeats, system_chart, system_entry};
pub use assignment::{
    CANDIDATES_KEPT_MAX, Candidate, ENDED, GIVEN, Giving, HandOver, HandedOver, OFFERED, REOFFER, SOUGHT, Seeking, SeenShift,
    TASKS_ADAPTER,
};
pub use audience::{Audience, AudiencePattern, lines_of, subjects_of};
pub use blind::{BLIND, BlindCondition, BlindKey, BlindTerm, BlindWords, blind_terms_of};
pub use clock::{ClockShown, clocks};
pub use decision::DECISIONS_MAX;
pub use fact::{Fact, Facts, FindRequest, Look, Needs, ReadRequest, Sought, Stood, TableFacts};
pub use glass::{
    ACCESS_REVIEW, Countable, GLASS_ADAPTER, OPENING_REASON_CHARACTERS_MAX, OPENINGS_MAX, blind_fields_for, countable,
    counts_least, may_open, open_until, refuse_opening_reason, review_key,
};
pub use index::{FoundBy, INDEX_PAIRS_MAX, index_of, index_text, index_under, state_names};
pub use input::{Actor, ActorKind, AdapterFailure, Input, InputKind, PlacedMark, Placement, Report, SendVerdict, StartInput};
pub use kept::KeptField;
pub use key::{KEY_BYTES_MAX, KeyResolution, resolve_key};
pub use ladder::NOT_NEEDED;
pub use log::Trace;
pub use microstep::MICROSTEPS_MAX;
pub use needed::{NeededField, needed_by_start};
pub use offers::{Offer, offers};
pub use outcome::{
    ClaimChange, Effect, Entry, Failure, MarkChange, Message, MessageKind, Notice, Outcome, Refusal, RefusalKind,
    SubscriptionChange, TaskChange, TimerChange, Verdict,
};
pub use people::may_start;
pub use personal::{commitment_of, secret_of};
pub use requirement::{handles_failure, requirement, would_strand};
pub(crate) use run::blank;
pub use run::{Stepped, step};
pub use scheduled::{Place, Planned, ScheduleAct, planned, schedule_key, start_name};
pub use seal::seal;
pub use sight::{Visibility, sees, visibility};
pub use signature::SignatureOffer;
pub use snapshot::{
    ActiveInvoke, ArmedTimer, Child, ClockState, Compensation, LastTaken, Parent, PendingSend, Signatures, Signer, Snapshot,
    Standing, Status,
};
pub use stored::{Stored, Unreadable};
pub use system::{SYSTEM_KEY, SYSTEM_WORKFLOW};
pub use task::{OpenTask, Reached};
pub use task_act::{NOTE_CHARACTERS_MAX, TaskAct, TaskRef};
pub use task_view::{TakingOver, TaskReason, TaskShown, Upcoming, first_choice, task_title, tasks};
pub use tie::{Tie, ties};
pub use timer_of::TimerOf;
pub use topic::{topics_of, topics_of_marks, topics_of_tasks};
pub use trial::{Attempt, Trial, try_event, try_start};
pub use undo::COMPENSATIONS_MAX;
pub use view::{in_words, label, title, view};
