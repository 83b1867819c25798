//! Files: all of them are looked at for every question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::field::FileRecord;
use statewright_core::identity::{Digest, FileId, InstanceId};

use super::MemoryStore;
use super::contents::Contents;
use crate::store::check::{check_text, check_upload};
use crate::store::file::{Admitted, Attachment, FileStore, NewAttachment, NewChunk, NewUpload, UploadRow, WholeUpload};
use crate::store::{StoreResult, Write};

#[derive(Debug, Default)]
pub(super) struct Files {
    uploads: BTreeMap<FileId, Upload>,
    /// Whose chunks the bytes of a digest are.
    contents: BTreeMap<Digest, FileId>,
    chunks: BTreeMap<(FileId, u32), Arc<[u8]>>,
    attachments: BTreeMap<(InstanceId, FileId), Attachment>,
}

#[derive(Debug)]
struct Upload {
    uploader: Arc<str>,
    expires_at_us: i64,
    size: u64,
    attached: bool,
    redundant: bool,
    whole: Option<WholeUpload>,
}

impl Files {
    fn pending(&self, uploader: &str) -> impl Iterator<Item = &Upload> {
        let uploads = self.uploads.values();
        uploads.filter(move |upload| *upload.uploader == *uploader && !upload.attached)
    }

    fn begin(&mut self, new: &NewUpload) -> Admitted {
        if self.pending(&new.uploader).count() >= new.pending_max {
            return Admitted::TooMany;
        }
        let upload = Upload {
            uploader: new.uploader.clone(),
            expires_at_us: new.expires_at_us,
            size: 0,
            attached: false,
            redundant: false,
            whole: None,
        };
        self.uploads.insert(new.file, upload);
        Admitted::Taken
    }

    fn add_chunk(&mut self, chunk: NewChunk) -> Admitted {
        let Some(upload) = self.uploads.get(&chunk.file).filter(|upload| upload.whole.is_none()) else {
            return Admitted::Gone;
        };
        let more = chunk.bytes.len() as u64;
        let pending: u64 = self.pending(&upload.uploader).map(|upload| upload.size).sum();
        if pending + more > chunk.pending_bytes_max {
            return Admitted::TooLarge;
        }
        if let Some(upload) = self.uploads.get_mut(&chunk.file) {
            upload.size += more;
        }
        self.chunks.insert((chunk.file, chunk.number), chunk.bytes);
        Admitted::Taken
    }

    fn finish(&mut self, whole: &WholeUpload) -> bool {
        let Some(upload) = self.uploads.get_mut(&whole.file).filter(|upload| upload.whole.is_none()) else {
            return false;
        };
        let first = *self.contents.entry(whole.sha256).or_insert(whole.file);
        upload.redundant = first != whole.file;
        upload.expires_at_us = whole.expires_at_us;
        upload.whole = Some(whole.clone());
        true
    }

    fn drop_upload(&mut self, file: FileId) {
        if self.uploads.get(&file).is_some_and(|upload| upload.whole.is_none()) {
            self.uploads.remove(&file);
            self.drop_chunks(file);
        }
    }

    fn drop_chunks(&mut self, file: FileId) {
        self.chunks.retain(|(of, _), _| *of != file);
    }

    fn row(&self, file: FileId) -> Option<UploadRow> {
        let upload = self.uploads.get(&file)?;
        let whole = upload.whole.as_ref()?;
        Some(UploadRow {
            record: FileRecord {
                file,
                name: whole.name.clone(),
                sha256: whole.sha256,
                size: upload.size,
                media_type: whole.media_type.clone(),
                scan: whole.scan,
            },
            uploader: upload.uploader.clone(),
            at_us: whole.at_us,
            expires_at_us: upload.expires_at_us,
            attached: upload.attached,
        })
    }

    fn chunk(&self, file: FileId, number: u32) -> Option<Vec<u8>> {
        let sha256 = self.row(file)?.record.sha256;
        let first = self.contents.get(&sha256)?;
        self.chunks.get(&(*first, number)).map(|bytes| bytes.to_vec())
    }

    fn attachments(&self, instance: InstanceId) -> Vec<Attachment> {
        let of_it = self.attachments.iter().filter(|((of, _), _)| *of == instance);
        of_it.map(|(_, attachment)| *attachment).collect()
    }

    fn sweep(&mut self, now_us: i64, limit: usize) -> usize {
        let mut expired: Vec<(i64, FileId)> = self
            .uploads
            .iter()
            .filter(|(_, upload)| !upload.attached && upload.expires_at_us <= now_us)
            .map(|(file, upload)| (upload.expires_at_us, *file))
            .collect();
        expired.sort_unstable();
        expired.truncate(limit);
        for (_, file) in &expired {
            self.forget(*file);
        }
        let redundant = self.uploads.iter().filter(|(_, upload)| upload.redundant);
        let redundant: Vec<FileId> = redundant.map(|(file, _)| *file).take(limit).collect();
        for file in &redundant {
            self.drop_chunks(*file);
            if let Some(upload) = self.uploads.get_mut(file) {
                upload.redundant = false;
            }
        }
        expired.len() + redundant.len()
    }

    /// Unless an instance names it after all.
    fn forget(&mut self, file: FileId) {
        if self.attachments.keys().any(|(_, named)| *named == file) {
            if let Some(upload) = self.uploads.get_mut(&file) {
                upload.attached = true;
            }
            return;
        }
        let Some(upload) = self.uploads.remove(&file) else { return };
        let Some(WholeUpload { sha256, .. }) = upload.whole else {
            return self.drop_chunks(file);
        };
        let has_it = |upload: &Upload| upload.whole.as_ref().is_some_and(|whole| whole.sha256 == sha256);
        if upload.redundant {
            self.drop_chunks(file);
        }
        if !self.uploads.values().any(has_it)
            && let Some(first) = self.contents.remove(&sha256)
        {
            self.drop_chunks(first);
        }
    }
}

impl Contents {
    pub(super) fn apply_files(&mut self, write: &Write) {
        let files = &mut self.files;
        for new in &write.files {
            let place = (write.instance, new.file);
            let at_us = files.attachments.get(&place).map_or(write.at_us, |known| known.at_us);
            let NewAttachment { file, personal } = *new;
            files.attachments.insert(place, Attachment { file, personal, at_us });
            if let Some(upload) = files.uploads.get_mut(&file) {
                upload.attached = true;
            }
        }
        for file in &write.files_gone {
            files.attachments.remove(&(write.instance, *file));
            if let Some(upload) = files.uploads.get_mut(file) {
                upload.attached = false;
                upload.expires_at_us = 0;
            }
        }
    }
}

#[async_trait]
impl FileStore for MemoryStore {
    async fn begin_upload(&self, upload: &NewUpload) -> StoreResult<Admitted> {
        check_text("the uploader", &upload.uploader)?;
        Ok(self.contents().files.begin(upload))
    }

    async fn add_chunk(&self, chunk: NewChunk) -> StoreResult<Admitted> {
        Ok(self.contents().files.add_chunk(chunk))
    }

    async fn finish_upload(&self, whole: &WholeUpload) -> StoreResult<bool> {
        check_upload(whole)?;
        Ok(self.contents().files.finish(whole))
    }

    async fn drop_upload(&self, file: FileId) -> StoreResult<()> {
        self.contents().files.drop_upload(file);
        Ok(())
    }

    async fn uploads(&self, files: &[FileId]) -> StoreResult<Vec<UploadRow>> {
        let asked: BTreeSet<FileId> = files.iter().copied().collect();
        let contents = self.contents();
        Ok(asked.into_iter().filter_map(|file| contents.files.row(file)).collect())
    }

    async fn chunk(&self, file: FileId, number: u32) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.contents().files.chunk(file, number))
    }

    async fn attachments(&self, instance: InstanceId) -> StoreResult<Vec<Attachment>> {
        Ok(self.contents().files.attachments(instance))
    }

    async fn sweep_files(&self, now_us: i64, limit: usize) -> StoreResult<usize> {
        Ok(self.contents().files.sweep(now_us, limit))
    }
}
