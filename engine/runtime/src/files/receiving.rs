//! An upload on its way in.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use statewright_core::field::{FileRecord, Scan};
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use tokio::sync::OwnedSemaphorePermit;

use super::media::essence;
use super::{Away, FileRefusal, Files, GRACE_S, Media, PENDING_S, Scanning, Verdict, WhenAway};
use crate::error::{EngineError, EngineResult};
use crate::store::{Admitted, CHUNK_BYTES, NewChunk, NewUpload, WholeUpload};

/// One upload that is being received. Whoever lets go of it before [`Receiving::finish`] leaves nothing that anybody could read; the sweep
/// takes it away.
pub struct Receiving {
    upload: NewUpload,
    actor: Actor,
    name: String,
    claimed: Option<String>,
    media: Option<&'static Media>,
    hash: Sha256,
    size: u64,
    chunks: u32,
    /// Less than a chunk.
    gathered: Vec<u8>,
    scan: Scanned,
    /// One of the places for uploads.
    _place: OwnedSemaphorePermit,
}

enum Scanned {
    /// No scanner is set up.
    Not,
    /// It is away, and files are taken all the same.
    Away,
    Under(Box<dyn Scanning>),
}

impl Receiving {
    pub(super) async fn begin(
        files: &Files,
        upload: NewUpload,
        actor: Actor,
        name: String,
        media_type: Option<&str>,
        place: OwnedSemaphorePermit,
    ) -> EngineResult<Self> {
        match files.store.files().begin_upload(&upload).await? {
            Admitted::Taken => {}
            _ => {
                let most = upload.pending_max;
                return Err(FileRefusal::TooMany { most }.into());
            }
        }
        let scan = match &files.configuration.scanner {
            None => Scanned::Not,
            Some(scanner) => match scanner.begin().await {
                Ok(scanning) => Scanned::Under(scanning),
                Err(away) => match without_scanner(files, &away) {
                    Ok(scanned) => scanned,
                    Err(refusal) => return Err(drop_for(files, &upload, refusal).await?),
                },
            },
        };
        Ok(Receiving {
            upload,
            actor,
            name,
            claimed: media_type.map(str::to_owned),
            media: None,
            hash: Sha256::new(),
            size: 0,
            chunks: 0,
            gathered: Vec::with_capacity(CHUNK_BYTES),
            scan,
            _place: place,
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`EngineError::FileRefused`], after which nothing of it is kept; those of the store.
    pub async fn take(&mut self, files: &Files, mut bytes: &[u8]) -> EngineResult<()> {
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.gathered.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.gathered.extend_from_slice(now);
            bytes = later;
            if self.gathered.len() == CHUNK_BYTES {
                self.keep_gathered(files).await?;
            }
        }
        Ok(())
    }

    /// All bytes have come: looks what they are, waits for the scanner, and makes the upload one that its uploader may name.
    ///
    /// # Errors
    /// As [`Receiving::take`].
    pub async fn finish(mut self, files: &Files) -> EngineResult<FileRecord> {
        self.keep_gathered(files).await?;
        let Some(media) = self.media else {
            return Err(self.refuse(files, FileRefusal::Empty).await?);
        };
        let sha256 = Digest(self.hash.clone().finalize().into());
        let scan = match std::mem::replace(&mut self.scan, Scanned::Not) {
            Scanned::Not => None,
            Scanned::Away => Some(Scan::Pending),
            Scanned::Under(scanning) => match scanning.end().await {
                Ok(Verdict::Clean) => Some(Scan::Clean),
                Ok(Verdict::Infected { found }) => {
                    let refused = self.refuse(files, FileRefusal::Infected).await?;
                    files.note_infected(sha256, self.size, &found, &self.actor).await?;
                    tracing::warn!(user = %self.actor.id, found, "an infected file was refused");
                    return Err(refused);
                }
                Err(away) => match without_scanner(files, &away) {
                    Ok(_) => Some(Scan::Pending),
                    Err(refusal) => return Err(self.refuse(files, refusal).await?),
                },
            },
        };
        let record = FileRecord {
            file: self.upload.file,
            name: self.name.as_str().into(),
            sha256,
            size: self.size,
            media_type: media.media_type.into(),
            scan,
        };
        let whole = WholeUpload {
            file: record.file,
            sha256,
            name: record.name.clone(),
            media_type: record.media_type.clone(),
            scan,
            at_us: files.clock.now().as_microsecond(),
            expires_at_us: files.seconds_from_now(PENDING_S + GRACE_S),
        };
        match files.store.files().finish_upload(&whole).await? {
            true => Ok(record),
            false => Err(gone()),
        }
    }

    /// Its sender has gone away: nothing is kept.
    ///
    /// # Errors
    /// Those of the store; the sweep takes away then what is there.
    pub async fn abandon(self, files: &Files) -> EngineResult<()> {
        Ok(files.store.files().drop_upload(self.upload.file).await?)
    }

    async fn keep_gathered(&mut self, files: &Files) -> EngineResult<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes: Arc<[u8]> = std::mem::replace(&mut self.gathered, Vec::with_capacity(CHUNK_BYTES)).into();
        if let Err(refusal) = self.judge(files, &bytes) {
            return Err(self.refuse(files, refusal).await?);
        }
        if let Scanned::Under(scanning) = &mut self.scan
            && let Err(away) = scanning.feed(&bytes).await
        {
            match without_scanner(files, &away) {
                Ok(scanned) => self.scan = scanned,
                Err(refusal) => return Err(self.refuse(files, refusal).await?),
            }
        }
        self.hash.update(&bytes);
        self.size += bytes.len() as u64;
        let most = files.configuration.pending_bytes_max;
        let chunk = NewChunk {
            file: self.upload.file,
            number: self.chunks,
            bytes,
            pending_bytes_max: most,
        };
        self.chunks += 1;
        match files.store.files().add_chunk(chunk).await? {
            Admitted::Taken => Ok(()),
            Admitted::Gone => Err(gone()),
            Admitted::TooMany | Admitted::TooLarge => Err(self.refuse(files, FileRefusal::TooMuch { most }).await?),
        }
    }

    /// Whether the file may go on like this.
    fn judge(&mut self, files: &Files, bytes: &[u8]) -> Result<(), FileRefusal> {
        let configuration = &files.configuration;
        let is_taken = |media_type: &str| match &configuration.media_types {
            None => true,
            Some(taken) => taken.iter().any(|taken| taken == media_type),
        };
        let unknown = || FileRefusal::Unknown {
            taken: Media::known()
                .filter(|media_type| is_taken(media_type))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let media = match self.media {
            Some(media) => media,
            None => match Media::find(&bytes[..bytes.len().min(super::FOUND_IN_BYTES)], self.claimed.as_deref()) {
                Ok(media) if is_taken(media.media_type) => media,
                Ok(_) | Err(None) => return Err(unknown()),
                Err(Some(found)) => {
                    return Err(FileRefusal::Mismatch {
                        claimed: self.claimed.as_deref().map(essence).unwrap_or_default(),
                        found: found.media_type,
                    });
                }
            },
        };
        self.media = Some(media);
        if !media.admits(bytes) {
            return Err(unknown());
        }
        let most = media.bytes_max.min(configuration.file_bytes_max);
        if self.size + bytes.len() as u64 > most {
            let media_type = media.media_type.to_owned();
            return Err(FileRefusal::TooLarge { most, media_type });
        }
        Ok(())
    }

    async fn refuse(&self, files: &Files, refusal: FileRefusal) -> EngineResult<EngineError> {
        drop_for(files, &self.upload, refusal).await
    }
}

/// Nothing is kept of what is refused.
async fn drop_for(files: &Files, upload: &NewUpload, refusal: FileRefusal) -> EngineResult<EngineError> {
    files.store.files().drop_upload(upload.file).await?;
    Ok(refusal.into())
}

fn without_scanner(files: &Files, away: &Away) -> Result<Scanned, FileRefusal> {
    tracing::warn!(why = away.0, "the scanner of files is away");
    match files.configuration.when_away {
        WhenAway::Refuse => Err(FileRefusal::ScannerAway),
        WhenAway::Take => Ok(Scanned::Away),
    }
}

fn gone() -> EngineError {
    EngineError::Unavailable("the upload took too long".into())
}
