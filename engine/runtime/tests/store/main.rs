//! What every store promises, asked of all three.
//!
//! PostgreSQL is asked when `STATEWRIGHT_TEST_POSTGRES` names a server on which databases may be created, for example
//! `postgres://postgres@127.0.0.1:5432/postgres`; otherwise its tests say that they are skipped.

mod contract;
mod differential;
mod fixture;
mod migration;
mod opening;
mod race;
mod random;
mod restart;
mod schema;
mod shape;
mod topic_lock;
