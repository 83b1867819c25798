//! A PostgreSQL cluster of one test's own, so that it may be killed.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::folder::Folder;
use crate::repository;

/// A running cluster. Gone with its owner.
pub struct Cluster {
    folder: Folder,
    url: String,
}

impl Cluster {
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start() -> Cluster {
        let folder = Folder::new();
        let mut cluster = Cluster {
            folder,
            url: String::new(),
        };
        cluster.url = cluster.command("start");
        cluster
    }

    /// The URL of its database `postgres`; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a folder the server's, which runs as another user where the tests run as root.
    ///
    /// # Panics
    /// Where it cannot be given away.
    pub fn give(&self, folder: &Path) {
        let own = std::fs::metadata(self.folder.file("data")).expect("a cluster has its data");
        chown(folder, Some(own.uid()), Some(own.gid())).expect("root may give a folder away");
    }

    /// SIGKILL to every process of it, as a power cut would.
    pub fn kill(&self) {
        self.command("kill");
    }

    /// SIGSTOP to every process of it: connections stay, and nobody answers.
    pub fn pause(&self) {
        self.command("pause");
    }

    /// Lets it go on where it was paused.
    pub fn resume(&self) {
        self.command("resume");
    }

    /// Starts it again where it was killed; it recovers, on the same port.
    pub fn restart(&self) {
        assert_eq!(self.command("start"), self.url, "a restarted cluster is where it was");
    }

    fn command(&self, word: &str) -> String {
        let Output { status, stdout, stderr } = self.run(word).expect("tests/postgres can be run");
        assert!(
            status.success(),
            "tests/postgres {word} failed: {}",
            String::from_utf8_lossy(&stderr)
        );
        String::from_utf8_lossy(&stdout).trim().to_owned()
    }

    fn run(&self, word: &str) -> std::io::Result<Output> {
        let script: PathBuf = repository::root().join("tests/postgres");
        Command::new(script)
            .arg(word)
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .output()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nothing of it is wanted any more, so that it need not be orderly.
        let _ = self.run("kill");
    }
}
