//! A real mail server, and ones that misbehave.

mod sending;
mod server;
mod trust;
