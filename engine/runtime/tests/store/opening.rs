//! What a URL opens, and what is refused without showing a password.

use statewright_engine::store::{StoreError, open};

use crate::fixture::Folder;

/// Neither a password nor the whole URL is in what is said.
async fn check(url: &str, expected: &str) {
    let Err(error) = open(url).await else {
        panic!("{url} was opened");
    };
    let said = format!("{error} {error:?}");
    assert!(said.contains(expected), "{url}: {said}");
    assert!(!said.contains("secret"), "{url}: {said}");
}

#[tokio::test]
async fn what_is_none_of_ours() {
    check("mysql://root:secret@localhost/x", "are understood").await;
    check("", "are understood").await;
    check("sqlite", "are understood").await;
    check("sqlite:", "names no file").await;
    check("sqlite:x.db?mode=ro", "has options").await;
    check("postgres://user:secret@localhost:not-a-port/x", "not of the form").await;
    check("postgresql://user:secret@[::1/x", "not of the form").await;
}

#[tokio::test]
async fn what_cannot_be_reached() {
    let folder = Folder::new();
    let inside = folder.file().join("no-such-folder/x.db");
    check(&format!("sqlite:{}", inside.display()), "cannot open").await;
    let nobody = open("postgres://user:secret@127.0.0.1:1/x").await;
    assert!(matches!(nobody, Err(StoreError::Unavailable(_))));
    check("postgres://user:secret@127.0.0.1:1/x", "not available").await;
    std::fs::write(
        folder.file(),
        "this is no database, but long enough to be looked at as one, and so on and on and on".repeat(9),
    )
    .unwrap();
    let no_database = open(&format!("sqlite:{}", folder.file().display())).await;
    assert!(matches!(no_database, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn what_is_opened() {
    let folder = Folder::new();
    let file = folder.file();
    let urls = [
        "memory:".into(),
        "sqlite::memory:".into(),
        format!("sqlite:{}", file.display()),
        format!("sqlite://{}", file.display()),
    ];
    for url in urls {
        let store = open(&url).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), None, "{url}");
        store.close().await;
    }
    assert!(file.exists());
}
