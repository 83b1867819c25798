//! A disk of a test's own that can be filled up.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is written at once: a page of the smallest kind, so that nothing is left where a database's page would fit.
const CHUNK: [u8; 512] = [1; 512];

/// A small file system in memory over a folder. Gone with its owner.
pub struct Room {
    path: PathBuf,
}

impl Room {
    /// None where mounting is not allowed, which only root's tests are.
    pub fn over(folder: &Path, mebibytes: u32) -> Option<Room> {
        let size = format!("size={mebibytes}m,mode=777");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "statewright-tests"])
            .arg(folder)
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then(|| Room { path: folder.to_owned() })
    }

    /// Leaves no room at all.
    ///
    /// # Panics
    /// Where the file that takes the room cannot be begun.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a file takes no room");
        while ballast.write_all(&CHUNK).is_ok() {}
    }

    /// Gives it back.
    ///
    /// # Panics
    /// Where it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("the room was filled");
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Lazily: whoever still holds a file there may end later.
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).output();
        // Its owner may have tried before, in vain: what is mounted cannot be removed.
        let _ = std::fs::remove_dir(&self.path);
    }
}
