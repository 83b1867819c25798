//! What a scanner looks like to the engine: it is shown a file while it is received, and says in the end whether it does harm.

use async_trait::async_trait;

/// The scanner does not answer, or not in time, or says that it cannot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// What becomes of files while the scanner is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenAway {
    /// None is taken.
    #[default]
    Refuse,
    /// They are taken, and say that they were not scanned (`pending`). Nobody scans them later.
    Take,
}

/// A scanner.
#[async_trait]
pub trait Scanner: Send + Sync + 'static {
    async fn begin(&self) -> Result<Box<dyn Scanning>, Away>;
}

/// One file that is being shown to it.
#[async_trait]
pub trait Scanning: Send + Sync {
    async fn feed(&mut self, bytes: &[u8]) -> Result<(), Away>;
    /// All of it was shown.
    async fn end(self: Box<Self>) -> Result<Verdict, Away>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// What was found, by the scanner's name of it.
    Infected {
        found: String,
    },
}
