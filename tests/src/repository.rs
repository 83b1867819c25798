//! The repository these tests belong to.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate is a folder of the workspace")
}

/// Every file of the project, relative to [`root`]: tracked, or new and not ignored.
///
/// # Panics
/// Where `git` cannot list them: without the list no rule about files can be tested.
pub fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        // A clone may belong to another user than the one who runs the tests.
        .args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git is on PATH");
    assert!(
        output.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed = String::from_utf8(output.stdout).expect("the project's file names are UTF-8");
    // A file that was removed but is still in the index is no longer a file.
    let mut files: Vec<PathBuf> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|name| root().join(name).is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}
