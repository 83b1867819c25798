//! The runtime's own words in the store: what a message, an effect and an actor look like as canonical JSON.
//!
//! The store keeps these as text and never looks inside. Bodies outlive a program's version: members may be added, and a reader
//! takes what is missing as absent.

mod actor;
mod effect;
mod message;
mod read;
mod task;

pub use actor::{actor_of, actor_value};
pub use effect::EffectBody;
pub use message::{MessageBody, MessageContent, Party};
pub use read::BodyError;
pub use task::{
    CLIMBED, NOBODY, NoticeBody, mark_body, mark_value, notice_body, task_audiences, task_is_for, task_key, task_names, task_row,
    task_value,
};
