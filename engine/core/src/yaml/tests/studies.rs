//! The study files of the language, wherever they are kept, hold no fault of YAML.

use std::path::Path;

use super::problems;

/// Names the folder with the study files.
const FOLDER: &str = "STATEWRIGHT_STUDIES";

#[test]
fn every_study_file_is_sound() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("skipped: {FOLDER} names no folder with YAML files");
        return;
    };
    let files = std::fs::read_dir(Path::new(&folder)).expect("the folder can be read");
    let mut count = 0;
    for path in files
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
    {
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        assert_eq!(problems(&text), "", "{}", path.display());
        count += 1;
    }
    assert!(count > 0, "{FOLDER} names a folder without YAML files");
}
