//! Signals to processes, as whoever looks after a machine sends them.

use std::process::Command;

/// What a test sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To end in order.
    Terminate,
    /// To stand still, where it is.
    Stop,
    /// To go on from there.
    Continue,
}

impl Signal {
    /// # Panics
    /// Where there is no such process: then something else is wrong.
    pub fn send(self, pid: u32) {
        let name = match self {
            Signal::Terminate => "-TERM",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        // A program and not a system call: these tests do without `unsafe`.
        let sent = Command::new("kill").args([name, &pid.to_string()]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "{self:?} could not be sent to process {pid}"
        );
    }
}
