//! Vision Council DCS ("OMA", ISO 16284): the records that lens tracers, edgers, lens design systems and lab software exchange.
//!
//! Everything here is pure: bytes in, a [`Report`] out, and [`Record`]s in, bytes out. Serial lines, sockets, file drops, timeouts and
//! the ACK/NAK exchange belong to the adapters that use this crate.
//!
//! # Reading
//!
//! [`read`] takes any bytes and always answers. What could be read is in the report, what could not is named in `warnings` (a line and a
//! sentence), and what must not be guessed (a binary trace, a damaged packet) is in `refused` with its raw bytes and a DCS STATUS code.
//!
//! ```
//! use statewright_dcs::{read, Eye, ReadOptions};
//!
//! let report = read(b"JOB=\"30924\"\r\nINSSPH=-0.47;0.43\r\nSTATUS=0\r\n", &ReadOptions::default());
//! assert_eq!(report.status, 0);
//! assert_eq!(report.records.eye("INSSPH", Eye::Left), Some("0.43"));
//! assert_eq!(report.to_json()["records"]["INSSPH"]["right"], "-0.47");
//! ```
//!
//! # The map
//!
//! | module | noun |
//! |---|---|
//! | [`framing`] | packets between `<FS>` and `<GS>`, their CRC, the policy for a bad one |
//! | [`line`](mod@line), [`field`], [`record`], [`record_set`] | from bytes to labelled fields |
//! | [`trace`], [`geometry`] | from `TRCFMT` and `R=` to an outline and its box, ED and circumference |
//! | [`status`] | STATUS and XSTATUS |
//! | [`reader`], [`report`] | all of it in one answer, and its JSON |
//! | [`drawing`] | what was traced, as a picture |
//! | [`writer`] | records to bytes, with or without a packet around them |
//! | [`design_request`], [`design_answer`] | what goes to a lens design system, and what comes back |
//! | [`decimal_text`] | numbers as exact decimal text, for the workflow language |
//!
//! # Invariants
//!
//! - No input panics, and every input has a report of bounded size ([`limits`]).
//! - Records keep the text they were read as; only the outline's measures are floating-point numbers.
//! - Nothing is guessed: an unknown trace format is STATUS 17, a trace whose count does not fit is STATUS 18.

mod base64;
pub mod decimal_text;
pub mod design_answer;
pub mod design_request;
pub mod drawing;
pub mod field;
pub mod framing;
pub mod geometry;
pub mod limits;
pub mod line;
pub mod reader;
pub mod record;
pub mod record_set;
pub mod report;
mod series;
pub mod status;
pub mod trace;
pub mod writer;

pub use decimal_text::DecimalText;
pub use design_answer::DesignAnswer;
pub use design_request::DesignRequest;
pub use field::Field;
pub use framing::CrcPolicy;
pub use reader::{ReadOptions, read};
pub use record::{Eye, Record};
pub use record_set::RecordSet;
pub use report::Report;
pub use status::StatusCode;
pub use writer::{Framing, LineEnd, WriteOptions, write};
