//! Files: how an upload comes in, how it comes to stand in a field of an instance, and who gets it back.
//!
//! # Purpose
//! - [`Receiving`] takes an upload chunk by chunk: never whole in memory, never readable before all of it is there and clean.
//! - `Files::complete` puts the engine's own record of an upload in place of what a sender says of it.
//! - `Files::give` gives a file to whoever sees a field that names it, and to nobody else.
//! - [`Sweeper`] forgets what nobody named.
//!
//! # Invariants
//! - An upload is its uploader's until a commit names it; whoever uploads the same bytes learns nothing of that.
//! - A file is found through an instance's field that its reader sees, never by an id or a digest alone.

mod attached;
mod media;
mod name;
mod receiving;
mod scan;
mod sweeper;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::field::{FieldProblem, FileRecord, complete_files, files_in};
use statewright_core::identity::{Digest, FileId, InstanceId};
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::{Object, Value};
use tokio::sync::Semaphore;

pub(crate) use attached::attached;
pub use media::{FOUND_IN_BYTES, Media};
pub use receiving::Receiving;
pub use scan::{Away, Scanner, Scanning, Verdict, WhenAway};
pub use sweeper::Sweeper;

use crate::clock::{Clock, Entropy};
use crate::error::{EngineError, EngineResult};
use crate::queries::Shown;
use crate::store::{NewUpload, Store, UploadRow};
use crate::system::SystemTrail;

/// Bytes of the largest file that is taken: a volume of images; longer recordings are kept elsewhere and referred to.
pub const FILE_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// Uploads of one person that may wait to be attached: a form with its attachments, and a few that were begun and left.
pub const PENDING_FILES_MAX: usize = 20;

/// Bytes that they may come to together: a few of the largest.
pub const PENDING_BYTES_MAX: u64 = 200 * 1024 * 1024;

/// Uploads that a node receives at once: each holds a chunk or two in memory and a place at the scanner.
pub const RECEIVING_MAX: usize = 64;

/// How long an upload may take, in seconds: the largest file over a slow line.
pub const RECEIVING_S: i64 = 60 * 60;

/// How long an upload may be named after it is whole, in seconds: who fills in a form goes home and comes back in between.
pub const PENDING_S: i64 = 24 * 60 * 60;

/// How much longer it is kept, in seconds: whoever named it at the last moment has long been answered by then.
const GRACE_S: i64 = 60 * 60;

/// Stands before the id of a person who uploads.
const PERSON: &str = "user:";

/// What is taken, and how it is looked at.
#[derive(Clone)]
pub struct FilesConfig {
    pub file_bytes_max: u64,
    pub pending_files_max: usize,
    pub pending_bytes_max: u64,
    /// Media types that are taken; None: all that are known.
    pub media_types: Option<Vec<String>>,
    pub scanner: Option<Arc<dyn Scanner>>,
    pub when_away: WhenAway,
}

impl Default for FilesConfig {
    fn default() -> Self {
        FilesConfig {
            file_bytes_max: FILE_BYTES_MAX,
            pending_files_max: PENDING_FILES_MAX,
            pending_bytes_max: PENDING_BYTES_MAX,
            media_types: None,
            scanner: None,
            when_away: WhenAway::Refuse,
        }
    }
}

impl std::fmt::Debug for FilesConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("FilesConfig");
        shown.field("scans", &self.scanner.is_some()).finish_non_exhaustive()
    }
}

/// Why a file is not taken, by what its sender can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    #[error("the file is empty")]
    Empty,
    #[error("a file of this kind is not taken here; taken are: {taken}")]
    Unknown { taken: String },
    #[error("its bytes are {found}, and it is said to be {claimed}: send it as what it is")]
    Mismatch { claimed: String, found: &'static str },
    #[error("the file is larger than {most} bytes, which is the most for {media_type}")]
    TooLarge { most: u64, media_type: String },
    #[error("{most} of your uploads wait to be attached already: attach some, or wait until they expire")]
    TooMany { most: usize },
    #[error(
        "your uploads that wait to be attached come to more than {most} bytes with this one: attach some, or wait until they expire"
    )]
    TooMuch { most: u64 },
    #[error("the scanner found something in the file that does harm; it was not kept")]
    Infected,
    #[error("the scanner does not answer, and no file is taken without it: send it again later")]
    ScannerAway,
}

/// A file that stands in a field of an instance, for who sees that field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// The field's name.
    pub field: Arc<str>,
    pub record: FileRecord,
    pub uploader: Arc<str>,
    /// When it was uploaded, and since when the instance has named it.
    pub uploaded_at: Timestamp,
    pub attached_at: Timestamp,
}

/// What is uploaded and given back.
pub struct Files {
    configuration: FilesConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    system: Arc<SystemTrail>,
    places: Arc<Semaphore>,
}

impl Files {
    pub(crate) fn new(
        configuration: FilesConfig,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        system: Arc<SystemTrail>,
    ) -> Self {
        Files {
            configuration,
            store,
            clock,
            entropy,
            system,
            places: Arc::new(Semaphore::new(RECEIVING_MAX)),
        }
    }

    /// Begins to receive a file. `media_type`: what its sender says it is, if anything; `name`: what they call it.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`]; [`FileRefusal::TooMany`]; [`FileRefusal::ScannerAway`]; those of the store.
    pub async fn receive(&self, actor: &Actor, name: &str, media_type: Option<&str>) -> EngineResult<Receiving> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| EngineError::Overloaded { retry_after_ms: 1_000 })?;
        let mut id = [0; 16];
        id.copy_from_slice(&self.entropy.draw()[..16]);
        let file = FileId(id);
        let begun = NewUpload {
            file,
            uploader: uploader_of(actor),
            expires_at_us: self.seconds_from_now(RECEIVING_S + GRACE_S),
            pending_max: self.configuration.pending_files_max,
        };
        Receiving::begin(self, begun, actor.clone(), name::cleaned(name), media_type, place).await
    }

    /// The payload with the whole record of each file that it names: one of the actor's own uploads, or one that stands in
    /// what they see of the instance that it is sent to (`seen`, which is asked only where a file is named).
    ///
    /// # Errors
    /// What is named otherwise, or said of a file, each with its field; those of the store.
    pub(crate) async fn complete(
        &self,
        payload: Object,
        actor: &Actor,
        seen: impl AsyncFnOnce() -> EngineResult<Option<Object>>,
    ) -> EngineResult<Result<Object, Vec<FieldProblem>>> {
        let named: Vec<FileId> = payload.values().flat_map(files_in).collect();
        let mut records = BTreeMap::new();
        if !named.is_empty() {
            let now_us = self.clock.now().as_microsecond();
            let uploader = uploader_of(actor);
            let own =
                |row: &UploadRow| row.uploader == uploader && (row.attached || row.expires_at_us - GRACE_S * 1_000_000 > now_us);
            let seen = seen().await?.unwrap_or_default();
            let visible: Vec<FileId> = seen.values().flat_map(files_in).collect();
            let rows = self.store.files().uploads(&named).await?;
            let allowed = rows.into_iter().filter(|row| own(row) || visible.contains(&row.record.file));
            records.extend(allowed.map(|row| (row.record.file, row.record.to_value())));
        }
        Ok(complete_files(&payload, &records).map(|completed| completed.unwrap_or(payload)))
    }

    /// The files that stand in what is shown of an instance, field by field.
    pub(crate) async fn listed(&self, shown: &Shown) -> EngineResult<Vec<ListedFile>> {
        let standing: Vec<(Arc<str>, FileId)> = shown
            .data
            .iter()
            .flat_map(|(field, value)| files_in(value).into_iter().map(|file| (field.clone(), file)))
            .collect();
        if standing.is_empty() {
            return Ok(Vec::new());
        }
        let files: Vec<FileId> = standing.iter().map(|(_, file)| *file).collect();
        let rows = self.store.files().uploads(&files).await?;
        let attachments = self.store.files().attachments(shown.instance).await?;
        let listed = standing.into_iter().filter_map(|(field, file)| {
            let row = rows.iter().find(|row| row.record.file == file)?;
            let attachment = attachments.iter().find(|attachment| attachment.file == file)?;
            Some(ListedFile {
                field,
                record: row.record.clone(),
                uploader: shown_uploader(&row.uploader),
                uploaded_at: Timestamp::from_microsecond(row.at_us).ok()?,
                attached_at: Timestamp::from_microsecond(attachment.at_us).ok()?,
            })
        });
        Ok(listed.collect())
    }

    /// A file that stands in what is shown of an instance, and notes in the system's trail that it was given; None where it stands nowhere.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn give(&self, shown: &Shown, file: FileId, actor: &Actor) -> EngineResult<Option<Given>> {
        let listed = self.listed(shown).await?;
        let found = listed.into_iter().find(|listed| listed.record.file == file);
        let Some(ListedFile { record, .. }) = found else {
            return Ok(None);
        };
        let noted = [
            ("file", Value::Text(file.to_string().into())),
            ("key", Value::Text(shown.key.clone())),
            ("workflow", Value::Text(shown.workflow.clone())),
        ];
        self.system.note("file_read", noted, actor, self.clock.now()).await?;
        Ok(Some(Given {
            record,
            store: self.store.clone(),
            next: 0,
        }))
    }

    /// Files of an instance that go with its personal data.
    pub(crate) async fn personal_of(&self, instance: InstanceId) -> EngineResult<Vec<FileId>> {
        let attachments = self.store.files().attachments(instance).await?;
        let personal = attachments.into_iter().filter(|attachment| attachment.personal);
        Ok(personal.map(|attachment| attachment.file).collect())
    }

    /// Nobody is given the bytes of what has been erased, from now on; this frees their room at once.
    pub(crate) async fn sweep(&self) -> EngineResult<()> {
        let now_us = self.clock.now().as_microsecond();
        while self.store.files().sweep_files(now_us, sweeper::SWEPT_MAX).await? >= sweeper::SWEPT_MAX {}
        Ok(())
    }

    fn seconds_from_now(&self, seconds: i64) -> i64 {
        self.clock.now().as_microsecond() + seconds * 1_000_000
    }

    /// An infected file leaves nothing but this.
    async fn note_infected(&self, sha256: Digest, size: u64, found: &str, actor: &Actor) -> EngineResult<()> {
        let noted = [
            ("found", Value::from_text(found)),
            ("sha256", Value::Text(sha256.to_string().into())),
            ("size", Value::Integer(i64::try_from(size).unwrap_or(i64::MAX))),
        ];
        self.system.note("file_infected", noted, actor, self.clock.now()).await
    }
}

/// Under which name uploads are counted: a person and an adapter of one name are two.
fn uploader_of(actor: &Actor) -> Arc<str> {
    match &actor.kind {
        ActorKind::Person => format!("{PERSON}{}", actor.id).into(),
        _ => format!("adapter:{}", actor.id).into(),
    }
}

/// People are shown by their ids alone.
fn shown_uploader(uploader: &str) -> Arc<str> {
    uploader.strip_prefix(PERSON).unwrap_or(uploader).into()
}

/// A file that is being given, chunk by chunk.
pub struct Given {
    pub record: FileRecord,
    store: Arc<dyn Store>,
    next: u32,
}

impl Given {
    /// The next bytes; None behind the last.
    ///
    /// # Errors
    /// Those of the store; [`EngineError::Damaged`] if bytes are missing, which erasure in between may cause as well.
    pub async fn next(&mut self) -> EngineResult<Option<Vec<u8>>> {
        let begun = u64::from(self.next) * crate::store::CHUNK_BYTES as u64;
        if begun >= self.record.size {
            return Ok(None);
        }
        let chunk = self.store.files().chunk(self.record.file, self.next).await?;
        self.next += 1;
        match chunk {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(EngineError::Damaged(format!(
                "bytes of the file {} are missing",
                self.record.file
            ))),
        }
    }
}
