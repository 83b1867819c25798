//! A test's own folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder for temporary files, gone with its owner.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// # Panics
    /// Where temporary files cannot be written.
    #[expect(
        clippy::new_without_default,
        reason = "a new folder is made on the disk, which nobody expects of a default"
    )]
    pub fn new() -> Folder {
        // Short: a unix socket's path is limited to 107 bytes.
        let path = std::env::temp_dir().join(format!("sw-{}-{number}", std::process::id(), number = Folder::number()));
        std::fs::create_dir(&path).expect("the folder for temporary files can be written");
        Folder { path }
    }

    /// Another one at each call of a process.
    pub fn number() -> u32 {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        NUMBER.fetch_add(1, Ordering::Relaxed)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file and says where.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, content).expect("a file in a folder for temporary files can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is only in the way.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
