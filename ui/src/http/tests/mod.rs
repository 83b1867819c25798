//! The API from outside: requests through the gate, on an engine over a store in memory.

pub mod access;
pub mod api;
mod availability;
pub mod conversation;
mod effects;
mod files;
pub mod glass;
mod history;
mod identity;
mod opening;
pub mod operations;
mod refusal;
mod schedules;
mod search;
mod silence;
mod specification;
mod tables;
pub mod tasks;
mod trail;
mod views;

use api::{Api, get};
