//! The ways to show problems.

mod concise;
mod json;
mod text;

pub use concise::concise;
pub use json::json;
pub use text::{Colour, text};
