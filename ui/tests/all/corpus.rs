//! `dcs` on real files. They are read from the folder in `STATEWRIGHT_CORPUS` (default `../shared/data` beside the repository) and are
//! no part of the project; without them this says that it is skipped.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::program::Folder;

#[expect(
    clippy::disallowed_methods,
    reason = "where the files are is the one thing a test cannot be given otherwise"
)]
fn corpus() -> PathBuf {
    match std::env::var("STATEWRIGHT_CORPUS") {
        Ok(folder) => folder.into(),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    }
}

/// Standard output for a file of the corpus, and how the command ended.
fn read(name: &str, arguments: &[&str]) -> Option<(String, Option<i32>)> {
    let path = corpus().join("oma").join(name);
    if !path.is_file() {
        // Straight to the stream: what `println!` writes is kept from whoever runs a test that passes.
        let words = format!(
            "SKIPPED: {} is not there; set STATEWRIGHT_CORPUS to the folder of the third-party files\n",
            path.display()
        );
        let _ = std::io::stderr().write_all(words.as_bytes());
        return None;
    }
    let folder = Folder::new("corpus");
    let path = path.canonicalize().expect("it is there").display().to_string();
    let output = folder.run(&[&["dcs", &path], arguments].concat());
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()))
}

#[test]
fn a_traced_frame_is_summed_up() {
    let Some((summary, exit)) = read("R1000_1.oma", &[]) else {
        return;
    };
    let lines: Vec<&str> = summary
        .lines()
        .filter(|line| line.starts_with("right") || line.starts_with("status"))
        .collect();
    assert_eq!(
        lines,
        [
            "status   0 (no error)",
            "right    A 51.00  B 40.08  ED 57.00  circumference 150.89 mm, 1000 points"
        ]
    );
    assert_eq!(exit, Some(0));
}

#[test]
fn a_whole_report_comes_as_json() {
    let Some((report, exit)) = read("R360_3.oma", &["--json"]) else {
        return;
    };
    let report: serde_json::Value = serde_json::from_str(&report).expect("one JSON document");
    assert_eq!((report["status"].as_u64(), exit), (Some(0), Some(0)));
    assert_eq!(report["records"]["INSSPH"]["right"], "-0.47");
    assert_eq!(report["left"]["points"].as_array().map(Vec::len), Some(360));
}

#[test]
fn a_format_that_must_not_be_guessed_is_refused() {
    let Some((report, exit)) = read("TRCFMT6.oma", &["--json"]) else {
        return;
    };
    let report: serde_json::Value = serde_json::from_str(&report).expect("one JSON document");
    assert_eq!((report["status"].as_u64(), exit), (Some(17), Some(1)));
}
