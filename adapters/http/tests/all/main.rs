//! The adapter against real servers, most of which misbehave.

mod addresses;
mod answers;
mod counterpart;
mod misbehaviour;
mod requests;
mod secrets;
mod setting;
mod simulators;
mod tls;
mod validation;
