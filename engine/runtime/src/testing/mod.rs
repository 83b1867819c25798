//! What tests and simulations of an engine are made of: repeatable chance, and a store that fails on request.

mod chance;
mod faulty_store;

pub use chance::Chance;
pub use faulty_store::{FaultRates, FaultyStore, Spoilt};
