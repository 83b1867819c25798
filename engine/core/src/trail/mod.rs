//! The trail: proof that it is whole, and exact replay. The format is docs/trail-format.md.

mod entry_text;
mod exported;
mod recorded;
mod replay;
mod task_text;
mod verify;

pub use entry_text::{EntryError, EntryText};
pub use exported::{Exported, Proved, ProvedChain};
pub use recorded::{AsRecorded, Recorded};
pub use replay::{Difference, Replay, Replayed};
pub use verify::{ChainState, Fault, FaultKind, Head, verify_entries};

use sha2::{Digest as _, Sha256};

use crate::identity::Digest;

/// The digest of an entry: the leaf hash of RFC 6962 §2.1.
pub fn entry_digest(bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(bytes);
    Digest(hasher.finalize().into())
}

/// The hash of an inner node of the Merkle tree over entries (RFC 6962 §2.1).
pub fn node_digest(left: Digest, right: Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.0);
    hasher.update(right.0);
    Digest(hasher.finalize().into())
}
