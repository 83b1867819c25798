//! Files: uploads as they come in, and those that instances name.
//!
//! An upload is received in chunks under its own identifier and counts for nothing before it is whole. Then its digest is known: if the
//! same bytes are there already its own chunks are not needed, and go with the next sweep. Whoever uploads is told nothing of that, not
//! even by how long it takes.

use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::field::{FileRecord, Scan};
use statewright_core::identity::{Digest, FileId, InstanceId};

use super::StoreResult;

/// Bytes of every chunk but the last: some of them fit into memory for each of many uploads, and a file has few enough of them.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// What is kept of files. Each method is one transaction, except that what instances name is changed by their commits
/// ([`Write::files`](super::Write::files)).
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Begins to receive an upload, if its uploader has fewer than `pending_max` that are not attached.
    async fn begin_upload(&self, upload: &NewUpload) -> StoreResult<Admitted>;
    /// Keeps the next chunk of an upload that is being received.
    async fn add_chunk(&self, chunk: NewChunk) -> StoreResult<Admitted>;
    /// All of it is there. False: it is not being received any more, and nothing is kept.
    async fn finish_upload(&self, whole: &WholeUpload) -> StoreResult<bool>;
    /// Forgets an upload that was not finished, with its chunks.
    async fn drop_upload(&self, file: FileId) -> StoreResult<()>;
    /// The whole ones of these, by identifier.
    async fn uploads(&self, files: &[FileId]) -> StoreResult<Vec<UploadRow>>;
    /// The bytes of a file from `number` × [`CHUNK_BYTES`] on; None behind its end.
    async fn chunk(&self, file: FileId, number: u32) -> StoreResult<Option<Vec<u8>>>;
    /// What an instance names or has named, by identifier.
    async fn attachments(&self, instance: InstanceId) -> StoreResult<Vec<Attachment>>;
    /// Forgets uploads that have expired without being attached, `limit` at most, and the bytes that no other upload has; and chunks that
    /// are not needed. Answers how many of both there were.
    async fn sweep_files(&self, now_us: i64, limit: usize) -> StoreResult<usize>;
}

/// An upload that begins.
#[derive(Clone, Debug)]
pub struct NewUpload {
    pub file: FileId,
    pub uploader: Arc<str>,
    /// When it is forgotten, if it is not whole by then.
    pub expires_at_us: i64,
    /// Most uploads of one person that are not attached, those being received among them.
    pub pending_max: usize,
}

#[derive(Clone, Debug)]
pub struct NewChunk {
    pub file: FileId,
    pub number: u32,
    /// [`CHUNK_BYTES`] but for the last.
    pub bytes: Arc<[u8]>,
    /// Most bytes of all uploads of its uploader that are not attached, with these.
    pub pending_bytes_max: u64,
}

/// Whether something more was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    Taken,
    /// Too many uploads of this person wait to be attached.
    TooMany,
    /// They have too many bytes together.
    TooLarge,
    /// The upload is not being received (any more).
    Gone,
}

/// What is known of an upload once all of it is there. Its size is that of its chunks.
#[derive(Clone, Debug)]
pub struct WholeUpload {
    pub file: FileId,
    pub sha256: Digest,
    pub name: Arc<str>,
    pub media_type: Arc<str>,
    pub scan: Option<Scan>,
    pub at_us: i64,
    /// When it is forgotten, if it is not attached by then.
    pub expires_at_us: i64,
}

/// A whole upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    pub record: FileRecord,
    pub uploader: Arc<str>,
    /// Since when it is whole.
    pub at_us: i64,
    pub expires_at_us: i64,
    pub attached: bool,
}

/// A file that an instance names from a commit on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewAttachment {
    pub file: FileId,
    /// It stands in personal fields alone.
    pub personal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub file: FileId,
    pub personal: bool,
    /// Since when.
    pub at_us: i64,
}
