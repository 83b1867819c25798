//! The pages: what people see in a browser.
//!
//! # Purpose
//! [`route`] is the table of pages; one file for each noun answers; `templates/` holds how it looks. A page asks the engine what the API
//! asks it, and shows the same words.
//!
//! # Invariants
//! - **Architecture invariant:** a page decides nothing. Who may see and do what is the engine's to say; a page shows the refusal.
//! - A page is whole without script. Script only refreshes what the server rendered, counts down and moves the focus.
//! - Looking is a GET and changes nothing; every act is a POST from a form of ours that is answered with a redirect.
//! - Nothing that somebody entered is ever compiled as a template; every template escapes.
//!
//! Deliberately absent: state of a page in the server. What a page needs to go on stands in its address and its form.

mod accesses;
mod account;
mod act;
mod answer;
mod asked;
mod assets;
mod bars;
mod browser;
mod check;
mod control;
mod conversation;
mod demo;
mod drawn;
mod entry;
mod event;
mod files;
mod filled;
mod frame;
mod glass;
mod history;
mod inbox;
mod incidents;
mod instance;
mod instances;
mod live;
mod moment;
mod multipart;
mod occurrence;
mod past;
mod posted;
mod problem;
mod referable;
mod reference;
mod route;
mod search;
mod second_factor;
mod sign_in;
mod start;
mod substitution;
mod system;
mod task;
mod tasks;
mod template;
mod trail;
mod views;
mod visitor;
mod wording;
mod words;
mod workflows;

#[cfg(test)]
mod tests;

/// Where one comes in.
pub const FRONT: &str = "/tasks";

pub use demo::Cast;
pub use live::Streams;
pub use problem::{as_page, is_browser};
pub use route::router;
