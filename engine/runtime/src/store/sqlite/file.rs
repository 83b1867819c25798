//! Files: uploads, their bytes, and which instances name them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};
use statewright_core::field::{FileRecord, Scan};
use statewright_core::identity::{Digest, FileId, InstanceId};

use super::SqliteStore;
use super::row::{self, Reading, count, execute, one, rows, signed, text};
use crate::store::check::{check_text, check_upload};
use crate::store::file::{Admitted, Attachment, FileStore, NewChunk, NewUpload, UploadRow, WholeUpload};
use crate::store::{StoreResult, Write};

pub(super) const PENDING: &str =
    "select count(*) from file_upload indexed by file_upload_pending where uploader = ?1 and attached = 0";

pub(super) const PENDING_BYTES: &str =
    "select coalesce(sum(size), 0) from file_upload indexed by file_upload_pending where uploader = ?1 and attached = 0";

pub(super) const BEGIN: &str = "
    insert into file_upload (file, uploader, expires_at, size, attached, redundant) values (?1, ?2, ?3, 0, 0, 0)";

pub(super) const RECEIVING: &str = "select uploader from file_upload where file = ?1 and whole_at is null";

pub(super) const ADD_CHUNK: &str = "insert into file_chunk (file, number, bytes) values (?1, ?2, ?3)";

pub(super) const GROW: &str = "update file_upload set size = size + ?2 where file = ?1";

pub(super) const CLAIM_CONTENT: &str = "insert into file_content (sha256, file) values (?1, ?2) on conflict do nothing";

pub(super) const FIND_CONTENT: &str = "select file from file_content where sha256 = ?1";

pub(super) const FINISH: &str = "
    update file_upload
    set sha256 = ?2, name = ?3, media_type = ?4, scan = ?5, whole_at = ?6, expires_at = ?7, redundant = ?8
    where file = ?1";

pub(super) const DROP_UNFINISHED: &str = "delete from file_upload where file = ?1 and whole_at is null";

pub(super) const DROP_CHUNKS: &str = "delete from file_chunk where file = ?1";

pub(super) const UPLOAD: &str = "
    select file, uploader, expires_at, size, attached, whole_at, sha256, name, media_type, scan
    from file_upload where file = ?1 and whole_at is not null";

pub(super) const CHUNK: &str = "
    select c.bytes
    from file_upload u join file_content o on o.sha256 = u.sha256 join file_chunk c on c.file = o.file and c.number = ?2
    where u.file = ?1 and u.whole_at is not null";

pub(super) const ATTACHMENTS: &str = "select file, personal, at from file_attachment where instance = ?1 order by file";

pub(super) const EXPIRED: &str = "
    select file, sha256, redundant from file_upload indexed by file_upload_expiry
    where attached = 0 and expires_at <= ?1 order by expires_at, file limit ?2";

pub(super) const IS_ATTACHED: &str = "select 1 from file_attachment where file = ?1 limit 1";

pub(super) const KEEP: &str = "update file_upload set attached = 1 where file = ?1";

pub(super) const FORGET: &str = "delete from file_upload where file = ?1";

pub(super) const HAS_CONTENT: &str = "select 1 from file_upload where sha256 = ?1 limit 1";

pub(super) const FORGET_CONTENT: &str = "delete from file_content where sha256 = ?1 returning file";

pub(super) const REDUNDANT: &str = "
    select file from file_upload indexed by file_upload_redundant where redundant = 1 order by file limit ?1";

pub(super) const NOT_REDUNDANT: &str = "update file_upload set redundant = 0 where file = ?1";

pub(super) const ATTACH: &str = "
    insert into file_attachment (instance, file, personal, at) values (?1, ?2, ?3, ?4)
    on conflict (instance, file) do update set personal = excluded.personal";

pub(super) const DETACH: &str = "delete from file_attachment where instance = ?1 and file = ?2";

pub(super) const EXPIRE: &str = "update file_upload set attached = 0, expires_at = 0 where file = ?1";

pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    let instance = write.instance.0;
    for new in &write.files {
        execute(connection, ATTACH, params![instance, new.file.0, new.personal, write.at_us])?;
        execute(connection, KEEP, params![new.file.0])?;
    }
    for file in &write.files_gone {
        execute(connection, DETACH, params![instance, file.0])?;
        execute(connection, EXPIRE, params![file.0])?;
    }
    Ok(())
}

#[async_trait]
impl FileStore for SqliteStore {
    async fn begin_upload(&self, upload: &NewUpload) -> StoreResult<Admitted> {
        check_text("the uploader", &upload.uploader)?;
        let upload = upload.clone();
        self.write(move |connection| begin(connection, &upload)).await
    }

    async fn add_chunk(&self, chunk: NewChunk) -> StoreResult<Admitted> {
        self.write(move |connection| add_chunk(connection, &chunk)).await
    }

    async fn finish_upload(&self, whole: &WholeUpload) -> StoreResult<bool> {
        check_upload(whole)?;
        let whole = whole.clone();
        self.write(move |connection| finish(connection, &whole)).await
    }

    async fn drop_upload(&self, file: FileId) -> StoreResult<()> {
        self.write(move |connection| {
            if execute(connection, DROP_UNFINISHED, params![file.0])? > 0 {
                execute(connection, DROP_CHUNKS, params![file.0])?;
            }
            Ok(())
        })
        .await
    }

    async fn uploads(&self, files: &[FileId]) -> StoreResult<Vec<UploadRow>> {
        let files: BTreeSet<FileId> = files.iter().copied().collect();
        self.read(move |connection| {
            let found = files.iter().map(|file| one(connection, UPLOAD, params![file.0], read));
            let found: Vec<Option<UploadRow>> = found.collect::<StoreResult<_>>()?;
            Ok(found.into_iter().flatten().collect())
        })
        .await
    }

    async fn chunk(&self, file: FileId, number: u32) -> StoreResult<Option<Vec<u8>>> {
        self.read(move |connection| one(connection, CHUNK, params![file.0, number], |row| row.get(0)))
            .await
    }

    async fn attachments(&self, instance: InstanceId) -> StoreResult<Vec<Attachment>> {
        self.read(move |connection| rows(connection, ATTACHMENTS, params![instance.0], attachment))
            .await
    }

    async fn sweep_files(&self, now_us: i64, limit: usize) -> StoreResult<usize> {
        self.write(move |connection| sweep(connection, now_us, limit)).await
    }
}

fn begin(connection: &Connection, upload: &NewUpload) -> StoreResult<Admitted> {
    let pending = one(connection, PENDING, params![upload.uploader], |row| row.get::<_, i64>(0))?;
    if pending.unwrap_or_default() >= count(upload.pending_max) {
        return Ok(Admitted::TooMany);
    }
    execute(
        connection,
        BEGIN,
        params![upload.file.0, upload.uploader, upload.expires_at_us],
    )?;
    Ok(Admitted::Taken)
}

fn add_chunk(connection: &Connection, chunk: &NewChunk) -> StoreResult<Admitted> {
    let uploader = one(connection, RECEIVING, params![chunk.file.0], |row| row.get::<_, String>(0))?;
    let Some(uploader) = uploader else {
        return Ok(Admitted::Gone);
    };
    let more = count(chunk.bytes.len());
    let pending = one(connection, PENDING_BYTES, params![uploader], |row| row.get::<_, i64>(0))?;
    if pending.unwrap_or_default().saturating_add(more) > signed(chunk.pending_bytes_max) {
        return Ok(Admitted::TooLarge);
    }
    execute(connection, ADD_CHUNK, params![chunk.file.0, chunk.number, &chunk.bytes[..]])?;
    execute(connection, GROW, params![chunk.file.0, more])?;
    Ok(Admitted::Taken)
}

fn finish(connection: &Connection, whole: &WholeUpload) -> StoreResult<bool> {
    let file = whole.file.0;
    if one(connection, RECEIVING, params![file], |_| Ok(()))?.is_none() {
        return Ok(false);
    }
    execute(connection, CLAIM_CONTENT, params![whole.sha256.0, file])?;
    let first = one(connection, FIND_CONTENT, params![whole.sha256.0], |row| {
        row.get::<_, [u8; 16]>(0)
    })?;
    let values = params![
        file,
        whole.sha256.0,
        whole.name,
        whole.media_type,
        whole.scan.map(Scan::as_str),
        whole.at_us,
        whole.expires_at_us,
        first != Some(file)
    ];
    execute(connection, FINISH, values)?;
    Ok(true)
}

fn sweep(connection: &Connection, now_us: i64, limit: usize) -> StoreResult<usize> {
    let expired = rows(connection, EXPIRED, params![now_us, count(limit)], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?, row.get(2)?))
    })?;
    for (file, sha256, redundant) in &expired {
        forget(connection, *file, *sha256, *redundant)?;
    }
    let redundant = rows(connection, REDUNDANT, params![count(limit)], |row| row.get::<_, [u8; 16]>(0))?;
    for file in &redundant {
        execute(connection, DROP_CHUNKS, params![file])?;
        execute(connection, NOT_REDUNDANT, params![file])?;
    }
    Ok(expired.len() + redundant.len())
}

/// Unless an instance names it after all.
fn forget(connection: &Connection, file: [u8; 16], sha256: Option<[u8; 32]>, redundant: bool) -> StoreResult<()> {
    if one(connection, IS_ATTACHED, params![file], |_| Ok(()))?.is_some() {
        execute(connection, KEEP, params![file])?;
        return Ok(());
    }
    execute(connection, FORGET, params![file])?;
    if sha256.is_none() || redundant {
        execute(connection, DROP_CHUNKS, params![file])?;
    }
    let Some(sha256) = sha256 else { return Ok(()) };
    if one(connection, HAS_CONTENT, params![sha256], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    if let Some(first) = one(connection, FORGET_CONTENT, params![sha256], |row| row.get::<_, [u8; 16]>(0))? {
        execute(connection, DROP_CHUNKS, params![first])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    let mut reading = Reading::of(row);
    let scan: Option<String> = row.get("scan")?;
    Ok(UploadRow {
        record: FileRecord {
            file: FileId(row.get("file")?),
            name: text(row, "name")?,
            sha256: Digest(reading.bytes("sha256")?),
            size: row::unsigned(row, "size")?,
            media_type: text(row, "media_type")?,
            scan: scan.as_deref().and_then(Scan::parse),
        },
        uploader: text(row, "uploader")?,
        at_us: row.get("whole_at")?,
        expires_at_us: row.get("expires_at")?,
        attached: row.get("attached")?,
    })
}

fn attachment(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        file: FileId(row.get("file")?),
        personal: row.get("personal")?,
        at_us: row.get("at")?,
    })
}
