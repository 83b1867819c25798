//! Real processes and a real PostgreSQL, killed at seeded moments: nothing that was accepted is lost, nothing happens twice.

mod account;
mod kills;
mod ledger;
mod load;
mod recovery;
mod tampering;
mod works;
