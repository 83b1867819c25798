//! Uploads come in chunk by chunk, are found whole, kept while an instance names them, and forgotten otherwise.

use std::sync::Arc;

use statewright_core::field::{FileRecord, Scan};
use statewright_core::identity::{Digest, FileId};
use statewright_engine::store::{
    Admitted, Attachment, NewAttachment, NewChunk, NewUpload, Store, StoreError, UploadRow, WholeUpload,
};

use super::{commit, must_commit, on_every_store};
use crate::shape::{id, moment, step};

on_every_store! {
    an_upload_is_nothing_before_it_is_whole
    a_person_has_so_many_and_so_much_and_others_have_theirs
    the_same_bytes_are_kept_once_and_until_the_last
    what_an_instance_names_is_kept
    what_it_names_no_more_goes_unless_another_does
    a_write_that_lost_names_nothing
    a_text_that_cannot_be_stored_is_refused
}

const LATER: i64 = 1_000;

fn file(number: u8) -> FileId {
    FileId([number; 16])
}

fn new(number: u8, uploader: &str) -> NewUpload {
    NewUpload {
        file: file(number),
        uploader: uploader.into(),
        expires_at_us: LATER,
        pending_max: 3,
    }
}

fn chunk(number: u8, place: u32, bytes: &[u8]) -> NewChunk {
    NewChunk {
        file: file(number),
        number: place,
        bytes: bytes.into(),
        pending_bytes_max: 10,
    }
}

fn whole(number: u8, bytes: &[u8]) -> WholeUpload {
    WholeUpload {
        file: file(number),
        sha256: Digest::of(bytes),
        name: format!("{number}.txt").into(),
        media_type: "text/plain".into(),
        scan: Some(Scan::Clean),
        at_us: 7,
        expires_at_us: 2 * LATER,
    }
}

async fn upload(store: &Arc<dyn Store>, number: u8, uploader: &str, bytes: &[u8]) {
    let files = store.files();
    assert_eq!(files.begin_upload(&new(number, uploader)).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(number, 0, bytes)).await.unwrap(), Admitted::Taken);
    assert!(files.finish_upload(&whole(number, bytes)).await.unwrap());
}

async fn bytes_of(store: &Arc<dyn Store>, number: u8) -> Option<Vec<u8>> {
    store.files().chunk(file(number), 0).await.unwrap()
}

async fn known(store: &Arc<dyn Store>) -> Vec<u8> {
    let all: Vec<FileId> = (0..10).map(file).collect();
    let rows = store.files().uploads(&all).await.unwrap();
    rows.iter().map(|row| row.record.file.0[0]).collect()
}

fn named(number: u8, personal: bool) -> NewAttachment {
    NewAttachment {
        file: file(number),
        personal,
    }
}

async fn an_upload_is_nothing_before_it_is_whole(store: Arc<dyn Store>) {
    let files = store.files();
    assert_eq!(files.add_chunk(chunk(1, 0, b"ab")).await.unwrap(), Admitted::Gone);
    assert!(!files.finish_upload(&whole(1, b"ab")).await.unwrap());
    assert_eq!(files.begin_upload(&new(1, "ann")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(1, 0, b"ab")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(1, 1, b"c")).await.unwrap(), Admitted::Taken);
    assert_eq!((known(&store).await, bytes_of(&store, 1).await), (vec![], None));
    assert!(files.finish_upload(&whole(1, b"abc")).await.unwrap());
    let expected = UploadRow {
        record: FileRecord {
            file: file(1),
            name: "1.txt".into(),
            sha256: Digest::of(b"abc"),
            size: 3,
            media_type: "text/plain".into(),
            scan: Some(Scan::Clean),
        },
        uploader: "ann".into(),
        at_us: 7,
        expires_at_us: 2 * LATER,
        attached: false,
    };
    assert_eq!(files.uploads(&[file(2), file(1), file(1)]).await.unwrap(), [expected]);
    assert_eq!(bytes_of(&store, 1).await.as_deref(), Some(b"ab".as_slice()));
    assert_eq!(files.chunk(file(1), 1).await.unwrap().as_deref(), Some(b"c".as_slice()));
    assert_eq!(files.chunk(file(1), 2).await.unwrap(), None);
    // it is over: nothing comes to it, and it is not dropped
    assert_eq!(files.add_chunk(chunk(1, 2, b"d")).await.unwrap(), Admitted::Gone);
    assert!(!files.finish_upload(&whole(1, b"abc")).await.unwrap());
    files.drop_upload(file(1)).await.unwrap();
    assert_eq!(known(&store).await, [1]);
    assert_eq!(files.begin_upload(&new(2, "ann")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(2, 0, b"x")).await.unwrap(), Admitted::Taken);
    files.drop_upload(file(2)).await.unwrap();
    assert_eq!(files.add_chunk(chunk(2, 1, b"y")).await.unwrap(), Admitted::Gone);
}

async fn a_person_has_so_many_and_so_much_and_others_have_theirs(store: Arc<dyn Store>) {
    let files = store.files();
    upload(&store, 1, "ann", b"1234").await;
    upload(&store, 2, "ann", b"5678").await;
    assert_eq!(files.begin_upload(&new(3, "ann")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.begin_upload(&new(4, "ann")).await.unwrap(), Admitted::TooMany);
    assert_eq!(files.begin_upload(&new(4, "bob")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(3, 0, b"123")).await.unwrap(), Admitted::TooLarge);
    assert_eq!(files.add_chunk(chunk(3, 0, b"12")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.add_chunk(chunk(4, 0, b"0123456789")).await.unwrap(), Admitted::Taken);
    // what is attached does not wait any more
    let mut write = step("a", 0);
    write.files = vec![named(1, false)];
    must_commit(&store, &write).await;
    assert_eq!(files.add_chunk(chunk(3, 1, b"1234")).await.unwrap(), Admitted::Taken);
    assert_eq!(files.begin_upload(&new(5, "ann")).await.unwrap(), Admitted::Taken);
}

async fn the_same_bytes_are_kept_once_and_until_the_last(store: Arc<dyn Store>) {
    let files = store.files();
    upload(&store, 1, "ann", b"same").await;
    upload(&store, 2, "bob", b"same").await;
    upload(&store, 3, "cid", b"other").await;
    assert_eq!(
        files.sweep_files(0, 9).await.unwrap(),
        1,
        "the chunks of the second are not needed"
    );
    assert_eq!(files.sweep_files(0, 9).await.unwrap(), 0);
    for number in [1, 2] {
        assert_eq!(bytes_of(&store, number).await.as_deref(), Some(b"same".as_slice()));
    }
    let mut write = step("a", 0);
    write.files = vec![named(2, false)];
    must_commit(&store, &write).await;
    assert_eq!(files.sweep_files(2 * LATER - 1, 9).await.unwrap(), 0, "none has expired");
    assert_eq!(files.sweep_files(2 * LATER, 1).await.unwrap(), 1, "one at a time");
    assert_eq!(files.sweep_files(2 * LATER, 9).await.unwrap(), 1);
    assert_eq!(known(&store).await, [2], "the first to come has gone");
    assert_eq!(bytes_of(&store, 2).await.as_deref(), Some(b"same".as_slice()));
    // and it can come again, beside the one that has its bytes
    upload(&store, 4, "ann", b"same").await;
    assert_eq!(bytes_of(&store, 4).await.as_deref(), Some(b"same".as_slice()));
    let mut write = step("a", 1);
    write.files_gone = vec![file(2)];
    must_commit(&store, &write).await;
    assert_eq!(files.sweep_files(0, 9).await.unwrap(), 2);
    assert_eq!(bytes_of(&store, 4).await.as_deref(), Some(b"same".as_slice()));
    assert_eq!(files.sweep_files(2 * LATER, 9).await.unwrap(), 1);
    assert_eq!(known(&store).await, []);
    upload(&store, 5, "ann", b"same").await;
    assert_eq!(
        files.sweep_files(0, 9).await.unwrap(),
        0,
        "it is the first of its bytes again"
    );
    assert_eq!(bytes_of(&store, 5).await.as_deref(), Some(b"same".as_slice()));
}

async fn what_an_instance_names_is_kept(store: Arc<dyn Store>) {
    let files = store.files();
    upload(&store, 1, "ann", b"one").await;
    let mut write = step("a", 0);
    write.files = vec![named(1, true), named(9, false)];
    must_commit(&store, &write).await;
    assert_eq!(files.sweep_files(i64::MAX, 9).await.unwrap(), 0);
    let mut write = step("a", 1);
    write.files = vec![named(1, false)];
    must_commit(&store, &write).await;
    let expected = |number, at_us| Attachment {
        file: file(number),
        personal: false,
        at_us,
    };
    let attached = files.attachments(id("a")).await.unwrap();
    assert_eq!(attached, [expected(1, moment(1)), expected(9, moment(1))]);
    assert_eq!(files.attachments(id("b")).await.unwrap(), []);
    assert!(files.uploads(&[file(1)]).await.unwrap()[0].attached);
}

async fn what_it_names_no_more_goes_unless_another_does(store: Arc<dyn Store>) {
    let files = store.files();
    upload(&store, 1, "ann", b"one").await;
    upload(&store, 2, "ann", b"two").await;
    for (key, all) in [("a", vec![named(1, true), named(2, true)]), ("b", vec![named(1, true)])] {
        let mut write = step(key, 0);
        write.files = all;
        must_commit(&store, &write).await;
    }
    let mut write = step("a", 1);
    write.erase = true;
    write.files_gone = vec![file(1), file(2)];
    must_commit(&store, &write).await;
    assert_eq!(files.attachments(id("a")).await.unwrap(), []);
    assert_eq!(files.sweep_files(0, 9).await.unwrap(), 2, "both are looked at");
    assert_eq!(known(&store).await, [1], "another instance names it");
    assert_eq!(bytes_of(&store, 1).await.as_deref(), Some(b"one".as_slice()));
    assert_eq!(files.sweep_files(i64::MAX, 9).await.unwrap(), 0);
}

async fn a_write_that_lost_names_nothing(store: Arc<dyn Store>) {
    upload(&store, 1, "ann", b"one").await;
    let mut late = step("a", 4);
    late.files = vec![named(1, false)];
    assert_eq!(commit(&store, &late).await, statewright_engine::store::Applied::Moved);
    assert_eq!(store.files().attachments(id("a")).await.unwrap(), []);
    let mut twice = step("a", 0);
    twice.files = vec![named(1, false), named(1, true)];
    assert!(matches!(store.commit(&[twice]).await, Err(StoreError::Refused(_))));
    assert_eq!(store.files().sweep_files(2 * LATER, 9).await.unwrap(), 1);
}

async fn a_text_that_cannot_be_stored_is_refused(store: Arc<dyn Store>) {
    let files = store.files();
    assert!(matches!(
        files.begin_upload(&new(1, "a\0")).await,
        Err(StoreError::Refused(_))
    ));
    files.begin_upload(&new(1, "ann")).await.unwrap();
    let mut unfit = whole(1, b"");
    unfit.name = "a\0".into();
    assert!(matches!(files.finish_upload(&unfit).await, Err(StoreError::Refused(_))));
}
