//! Files: uploads, their bytes, and which instances name them.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use statewright_core::field::{FileRecord, Scan};
use statewright_core::identity::{Digest, FileId, InstanceId};

use super::PostgresStore;
use super::columns::{Columns, of_each, signed};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::check::{check_text, check_upload};
use crate::store::file::{Admitted, Attachment, FileStore, NewChunk, NewUpload, UploadRow, WholeUpload};
use crate::store::{StoreResult, Write};

/// In the batch's statement. Of a file that an instance names no more the next sweep finds out whether another one does.
pub(super) const FILED: &str = "
    file_named as (
        insert into file_attachment (instance, file, personal, at)
        select n.instance, n.file, n.personal, n.at
        from unnest($1::uuid[], $2::uuid[], $3::bool[], $4::int8[]) as n (instance, file, personal, at)
        join changed c on c.id = n.instance
        on conflict (instance, file) do update set personal = excluded.personal
    ),
    file_kept as (
        update file_upload u set attached = true
        from unnest($1, $2) as n (instance, file), changed c
        where u.file = any ($2) and u.file = n.file and c.id = n.instance
    ),
    file_unnamed as (
        delete from file_attachment a using unnest($5::uuid[], $6::uuid[]) as g (instance, file), changed c
        where a.instance = any ($5) and a.instance = g.instance and a.file = g.file and c.id = g.instance
    ),
    file_freed as (
        update file_upload u set attached = false, expires_at = 0
        from unnest($5, $6) as g (instance, file), changed c
        where u.file = any ($6) and u.file = g.file and c.id = g.instance and u.file <> all ($2)
    )";

/// Two uploads that one person begins at once are counted one after the other.
pub(super) const LOCK_UPLOADER: &str = "select pg_advisory_xact_lock(hashtextextended($1, 0))";

pub(super) const PENDING: &str = "select count(*) from file_upload where uploader = $1 and not attached";

pub(super) const BEGIN: &str = "
    insert into file_upload (file, uploader, expires_at, size, attached, redundant) values ($1, $2, $3, 0, false, false)";

/// The upload that is being received, and what its uploader's pending ones come to.
pub(super) const RECEIVING: &str = "
    select (
        select coalesce(sum(p.size), 0)::int8 from file_upload p where p.uploader = u.uploader and not p.attached
    ) as pending
    from file_upload u where u.file = $1 and u.whole_at is null
    for no key update of u";

pub(super) const ADD_CHUNK: &str = "
    with grown as (
        update file_upload set size = size + $4 where file = $1
    )
    insert into file_chunk (file, number, bytes) values ($1, $2, $3)";

/// The row is locked either way: nobody forgets the bytes before the upload says that it has them.
pub(super) const CLAIM_CONTENT: &str = "
    insert into file_content (sha256, file) values ($1, $2)
    on conflict (sha256) do update set sha256 = excluded.sha256
    returning file";

pub(super) const FINISH: &str = "
    update file_upload
    set sha256 = $2, name = $3, media_type = $4, scan = $5, whole_at = $6, expires_at = $7, redundant = $8
    where file = $1";

pub(super) const DROP_UNFINISHED: &str = "delete from file_upload where file = $1 and whole_at is null";

pub(super) const DROP_CHUNKS: &str = "delete from file_chunk where file = $1";

pub(super) const UPLOADS: &str = "
    select file, uploader, expires_at, size, attached, whole_at, sha256, name, media_type, scan
    from file_upload where file = any ($1::uuid[]) and whole_at is not null
    order by file";

pub(super) const CHUNK: &str = "
    select c.bytes
    from file_upload u join file_content o on o.sha256 = u.sha256 join file_chunk c on c.file = o.file and c.number = $2
    where u.file = $1 and u.whole_at is not null";

pub(super) const ATTACHMENTS: &str = "select file, personal, at from file_attachment where instance = $1 order by file";

pub(super) const EXPIRED: &str = "
    select file from file_upload where not attached and expires_at <= $1 order by expires_at, file limit $2";

pub(super) const LOCK_EXPIRED: &str = "
    select sha256, redundant from file_upload where file = $1 and not attached and expires_at <= $2 for update";

pub(super) const IS_ATTACHED: &str = "select from file_attachment where file = $1 limit 1";

pub(super) const KEEP: &str = "update file_upload set attached = true where file = $1";

pub(super) const FORGET: &str = "delete from file_upload where file = $1";

pub(super) const LOCK_CONTENT: &str = "select from file_content where sha256 = $1 for update";

pub(super) const HAS_CONTENT: &str = "select from file_upload where sha256 = $1 limit 1";

pub(super) const FORGET_CONTENT: &str = "delete from file_content where sha256 = $1 returning file";

pub(super) const REDUNDANT: &str = "select file from file_upload where redundant order by file limit $1";

pub(super) const NOT_REDUNDANT: &str = "update file_upload set redundant = false where file = $1 and redundant";

type Done<T> = Result<T, sqlx::Error>;

pub(super) fn add_filed(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let named = || of_each(writes, |write| write.files.iter());
    let gone = || of_each(writes, |write| write.files_gone.iter());
    columns.add(named().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(named().map(|(_, new)| Uuid::from(new.file)))?;
    columns.add(named().map(|(_, new)| new.personal))?;
    columns.add(named().map(|(write, _)| write.at_us))?;
    columns.add(gone().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(gone().map(|(_, file)| Uuid::from(*file)))
}

#[async_trait]
impl FileStore for PostgresStore {
    async fn begin_upload(&self, upload: &NewUpload) -> StoreResult<Admitted> {
        check_text("the uploader", &upload.uploader)?;
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let admitted = begin(&mut transaction, upload).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(admitted)
    }

    async fn add_chunk(&self, chunk: NewChunk) -> StoreResult<Admitted> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let admitted = add_chunk(&mut transaction, &chunk).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(admitted)
    }

    async fn finish_upload(&self, whole: &WholeUpload) -> StoreResult<bool> {
        check_upload(whole)?;
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let is_finished = finish(&mut transaction, whole).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(is_finished)
    }

    async fn drop_upload(&self, file: FileId) -> StoreResult<()> {
        let file = Uuid::from(file);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let dropped = sqlx::query(DROP_UNFINISHED).bind(file).execute(&mut *transaction).await;
        if dropped.map_err(failed)?.rows_affected() > 0 {
            drop_chunks(&mut transaction, file).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    async fn uploads(&self, files: &[FileId]) -> StoreResult<Vec<UploadRow>> {
        let mut columns = Columns::default();
        columns.add(files.iter().map(|file| Uuid::from(*file)))?;
        let found = sqlx::query_with(UPLOADS, columns.finish()).fetch_all(&self.pool).await;
        row::all(&found.map_err(failed)?, read).map_err(failed)
    }

    async fn chunk(&self, file: FileId, number: u32) -> StoreResult<Option<Vec<u8>>> {
        let query = sqlx::query_scalar(CHUNK).bind(Uuid::from(file)).bind(i64::from(number));
        query.fetch_optional(&self.pool).await.map_err(failed)
    }

    async fn attachments(&self, instance: InstanceId) -> StoreResult<Vec<Attachment>> {
        let query = sqlx::query(ATTACHMENTS).bind(Uuid::from(instance));
        row::all(&query.fetch_all(&self.pool).await.map_err(failed)?, attachment).map_err(failed)
    }

    async fn sweep_files(&self, now_us: i64, limit: usize) -> StoreResult<usize> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        sweep(&mut connection, now_us, limit).await.map_err(failed)
    }
}

async fn begin(connection: &mut PgConnection, upload: &NewUpload) -> Done<Admitted> {
    sqlx::query(LOCK_UPLOADER)
        .bind(&*upload.uploader)
        .execute(&mut *connection)
        .await?;
    let pending: i64 = sqlx::query_scalar(PENDING)
        .bind(&*upload.uploader)
        .fetch_one(&mut *connection)
        .await?;
    if pending >= count(upload.pending_max) {
        return Ok(Admitted::TooMany);
    }
    let query = sqlx::query(BEGIN).bind(Uuid::from(upload.file)).bind(&*upload.uploader);
    query.bind(upload.expires_at_us).execute(connection).await?;
    Ok(Admitted::Taken)
}

async fn add_chunk(connection: &mut PgConnection, chunk: &NewChunk) -> Done<Admitted> {
    let file = Uuid::from(chunk.file);
    let pending: Option<i64> = sqlx::query_scalar(RECEIVING)
        .bind(file)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(pending) = pending else {
        return Ok(Admitted::Gone);
    };
    let more = count(chunk.bytes.len());
    if pending.saturating_add(more) > signed(chunk.pending_bytes_max) {
        return Ok(Admitted::TooLarge);
    }
    let query = sqlx::query(ADD_CHUNK)
        .bind(file)
        .bind(i64::from(chunk.number))
        .bind(&*chunk.bytes);
    query.bind(more).execute(connection).await?;
    Ok(Admitted::Taken)
}

async fn finish(connection: &mut PgConnection, whole: &WholeUpload) -> Done<bool> {
    let file = Uuid::from(whole.file);
    let receiving = sqlx::query(RECEIVING).bind(file).fetch_optional(&mut *connection).await?;
    if receiving.is_none() {
        return Ok(false);
    }
    let claimed = sqlx::query_scalar(CLAIM_CONTENT).bind(whole.sha256.0).bind(file);
    let first: Uuid = claimed.fetch_one(&mut *connection).await?;
    let query = sqlx::query(FINISH)
        .bind(file)
        .bind(whole.sha256.0)
        .bind(&*whole.name)
        .bind(&*whole.media_type)
        .bind(whole.scan.map(Scan::as_str))
        .bind(whole.at_us)
        .bind(whole.expires_at_us)
        .bind(first != file);
    query.execute(connection).await?;
    Ok(true)
}

/// Each upload in a transaction of its own: whoever uploads the same bytes meanwhile does not wait for all of them.
async fn sweep(connection: &mut PgConnection, now_us: i64, limit: usize) -> Done<usize> {
    let query = sqlx::query_scalar(EXPIRED).bind(now_us).bind(count(limit));
    let expired: Vec<Uuid> = query.fetch_all(&mut *connection).await?;
    for file in &expired {
        let mut transaction = connection.begin().await?;
        forget(&mut transaction, *file, now_us).await?;
        transaction.commit().await?;
    }
    let query = sqlx::query_scalar(REDUNDANT).bind(count(limit));
    let redundant: Vec<Uuid> = query.fetch_all(&mut *connection).await?;
    for file in &redundant {
        let mut transaction = connection.begin().await?;
        let settled = sqlx::query(NOT_REDUNDANT).bind(*file).execute(&mut *transaction).await?;
        if settled.rows_affected() > 0 {
            drop_chunks(&mut transaction, *file).await?;
        }
        transaction.commit().await?;
    }
    Ok(expired.len() + redundant.len())
}

/// Unless an instance names it after all.
async fn forget(connection: &mut PgConnection, file: Uuid, now_us: i64) -> Done<()> {
    let locked = sqlx::query(LOCK_EXPIRED).bind(file).bind(now_us);
    let Some(expired) = locked.fetch_optional(&mut *connection).await? else {
        return Ok(());
    };
    let attached = sqlx::query(IS_ATTACHED).bind(file).fetch_optional(&mut *connection).await?;
    if attached.is_some() {
        sqlx::query(KEEP).bind(file).execute(connection).await?;
        return Ok(());
    }
    sqlx::query(FORGET).bind(file).execute(&mut *connection).await?;
    let sha256: Option<Vec<u8>> = expired.try_get("sha256")?;
    if sha256.is_none() || expired.try_get("redundant")? {
        drop_chunks(connection, file).await?;
    }
    let Some(sha256) = sha256 else { return Ok(()) };
    // After it whoever has just finished the same bytes is seen.
    sqlx::query(LOCK_CONTENT)
        .bind(&sha256)
        .fetch_optional(&mut *connection)
        .await?;
    let others = sqlx::query(HAS_CONTENT)
        .bind(&sha256)
        .fetch_optional(&mut *connection)
        .await?;
    if others.is_some() {
        return Ok(());
    }
    let first: Option<Uuid> = sqlx::query_scalar(FORGET_CONTENT)
        .bind(&sha256)
        .fetch_optional(&mut *connection)
        .await?;
    match first {
        Some(first) => drop_chunks(connection, first).await,
        None => Ok(()),
    }
}

async fn drop_chunks(connection: &mut PgConnection, file: Uuid) -> Done<()> {
    sqlx::query(DROP_CHUNKS).bind(file).execute(connection).await?;
    Ok(())
}

fn read(row: &PgRow) -> Done<UploadRow> {
    let scan: Option<&str> = row.try_get("scan")?;
    let sha256: Digest = row::digest(row, "sha256", &mut None)?;
    Ok(UploadRow {
        record: FileRecord {
            file: file(row)?,
            name: row::text(row, "name")?,
            sha256,
            size: row::unsigned(row, "size")?,
            media_type: row::text(row, "media_type")?,
            scan: scan.and_then(Scan::parse),
        },
        uploader: row::text(row, "uploader")?,
        at_us: row.try_get("whole_at")?,
        expires_at_us: row.try_get("expires_at")?,
        attached: row.try_get("attached")?,
    })
}

fn attachment(row: &PgRow) -> Done<Attachment> {
    Ok(Attachment {
        file: file(row)?,
        personal: row.try_get("personal")?,
        at_us: row.try_get("at")?,
    })
}

fn file(row: &PgRow) -> Done<FileId> {
    Ok(FileId(row.try_get::<Uuid, _>("file")?.0))
}
