//! Who has read personal data: recorded before it leaves, and found again.

mod find;
mod log;
mod reading;

pub(crate) use find::shown_by_node;
pub use find::{ACCESS_PAGE_MAX, Access, AccessPlace, AccessRequest, Accesses, accesses, act_of};
pub use log::{ACCESS_KEY, AccessLog, READING, READINGS_WAITING_MAX};
pub(crate) use reading::{SEARCH, Told, records, refusal, searches};
pub use reading::{Why, in_request};
