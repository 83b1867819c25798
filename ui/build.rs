//! Puts the workflows that ship into the program: the demo deploys them.
//!
//! What only tests need (scenarios, stand-ins, simulations) stays outside.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const SHIPPED: &str = "../workflows";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={SHIPPED}");
    let root = PathBuf::from(env("CARGO_MANIFEST_DIR")?).join(SHIPPED).canonicalize()?;
    let mut files = Vec::new();
    gather(&root, &mut files)?;
    files.sort();
    let mut list = "&[\n".to_owned();
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.display().to_string().replace('\\', "/");
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    list.push_str("]\n");
    fs::write(Path::new(&env("OUT_DIR")?).join("workflows.rs"), list)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is how cargo tells a build script where it works"
)]
fn env(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(io::Error::other)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.is_dir() && name != "stand-ins" && name != "simulations" {
            gather(&path, files)?;
        } else if (name.ends_with(".yaml") && !name.ends_with(".test.yaml")) || name.ends_with(".csv") {
            files.push(path);
        }
    }
    Ok(())
}
