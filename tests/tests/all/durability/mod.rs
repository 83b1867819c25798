//! Real processes and a real PostgreSQL, killed, paused and cut off at seeded moments: nothing that was accepted is lost, nothing happens twice.

mod account;
mod course;
mod fault;
mod faults;
mod kills;
mod ledger;
mod load;
mod member;
mod recovery;
mod room;
mod tampering;
mod works;
