//! The record that stands in a `file` field: what an upload is known by. The bytes themselves are kept elsewhere.
//!
//! Whoever sends an input names a file by its id alone; the shell, which has received it, puts the whole record in its place. What
//! somebody says about a file is never believed: see [`complete_files`].

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::problem::{Problems, finish};
use super::{Field, FieldProblem, Fields, Kind, Pattern, Schema};
use crate::identity::{Digest, FileId};
use crate::value::{Object, Value};

/// Characters of the longest file name that is kept: what file systems take.
pub const FILE_NAME_CHARACTERS_MAX: usize = 255;

/// The member by which a record names its file.
pub(super) const FILE: &str = "file";

/// Members that only a record has together.
const MARKS: [&str; 3] = ["media_type", "sha256", "size"];

static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    let text = |max_length, pattern| {
        Schema::of(Kind::Text {
            min_length: Some(1),
            max_length: Some(max_length),
            pattern,
        })
    };
    let mut size = Schema::of(Kind::Integer);
    size.minimum = Some(0.into());
    let mut scan = text(16, None);
    scan.allowed = Some(vec!["clean".into(), "infected".into(), "pending".into()]);
    Fields {
        list: vec![
            // What was recorded before uploads were kept has none.
            Field {
                optional: true,
                ..Field::of(FILE, text(32, Pattern::new("^[0-9a-f]{32}$").ok()))
            },
            Field::of("name", text(FILE_NAME_CHARACTERS_MAX, None)),
            Field::of("sha256", text(64, Pattern::new("^[0-9a-f]{64}$").ok())),
            Field::of("size", size),
            Field::of("media_type", text(FILE_NAME_CHARACTERS_MAX, None)),
            Field {
                optional: true,
                ..Field::of("scan", scan)
            },
        ],
    }
});

/// The fields of an upload.
pub(super) fn fields() -> &'static Fields {
    &FIELDS
}

/// What an upload is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    pub file: FileId,
    pub name: Arc<str>,
    pub sha256: Digest,
    /// In bytes.
    pub size: u64,
    pub media_type: Arc<str>,
    /// None: no scanner is set up.
    pub scan: Option<Scan>,
}

/// What a scanner said of a file. An infected one is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    Clean,
    /// The scanner was away, and files are taken all the same.
    Pending,
}

impl Scan {
    pub fn as_str(self) -> &'static str {
        match self {
            Scan::Clean => "clean",
            Scan::Pending => "pending",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Scan::Clean, Scan::Pending].into_iter().find(|scan| scan.as_str() == text)
    }
}

impl FileRecord {
    /// As it stands in a field.
    pub fn to_value(&self) -> Value {
        let text = |text: String| Value::Text(text.into());
        let mut fields = Object::from([
            (FILE.into(), text(self.file.to_string())),
            ("media_type".into(), Value::Text(self.media_type.clone())),
            ("name".into(), Value::Text(self.name.clone())),
            ("sha256".into(), text(self.sha256.to_string())),
            ("size".into(), Value::Integer(i64::try_from(self.size).unwrap_or(i64::MAX))),
        ]);
        let scan = self.scan.map_or(Value::Null, |scan| Value::from_text(scan.as_str()));
        fields.insert("scan".into(), scan);
        Value::from_fields(fields)
    }
}

/// The files that a value names, wherever in it, in the order in which they stand; one as often as it is named.
pub fn files_in(value: &Value) -> Vec<FileId> {
    let mut found = Vec::new();
    gather(value, &mut found);
    found
}

fn gather(value: &Value, found: &mut Vec<FileId>) {
    match value {
        Value::Object(object) => match file_of(object) {
            Some(file) => found.push(file),
            None => object.values().for_each(|value| gather(value, found)),
        },
        Value::List(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}

fn file_of(object: &Object) -> Option<FileId> {
    object.get(FILE)?.as_text()?.parse().ok()
}

/// Puts the record of each file that is named in place of what was said of it. None: nothing is named, and all stays as it was given.
///
/// # Errors
/// What names a file that is not among `records`, or looks like a record and names none: each with its field.
pub fn complete_files(given: &Object, records: &BTreeMap<FileId, Value>) -> Result<Option<Object>, Vec<FieldProblem>> {
    let mut found = Vec::new();
    let completed = complete_object(&mut Problems::into(&mut found), given, records);
    finish(found, completed)
}

fn complete_object(problems: &mut Problems<'_>, given: &Object, records: &BTreeMap<FileId, Value>) -> Option<Object> {
    let changed = given.iter().filter_map(|(name, value)| {
        let value = problems.within(name, |problems| complete(problems, value, records))?;
        Some((name.clone(), value))
    });
    let changed: Vec<(Arc<str>, Value)> = changed.collect();
    (!changed.is_empty()).then(|| {
        let mut completed = given.clone();
        completed.extend(changed);
        completed
    })
}

fn complete(problems: &mut Problems<'_>, given: &Value, records: &BTreeMap<FileId, Value>) -> Option<Value> {
    match given {
        Value::Object(object) => match file_of(object) {
            Some(file) => {
                if !records.contains_key(&file) {
                    problems.push("names no upload of yours: upload the file first, and name it before the upload expires");
                }
                records.get(&file).cloned()
            }
            None if MARKS.iter().all(|mark| object.contains_key(*mark)) => {
                problems.push("must name an upload, as {\"file\": ID}: what is said about a file is not believed");
                None
            }
            None => complete_object(problems, object, records).map(Value::from_fields),
        },
        Value::List(items) => {
            let mut completed: Option<Vec<Value>> = None;
            for (index, item) in items.iter().enumerate() {
                if let Some(value) = problems.at(index, |problems| complete(problems, item, records)) {
                    completed.get_or_insert_with(|| items.to_vec())[index] = value;
                }
            }
            completed.map(Value::from_items)
        }
        _ => None,
    }
}

impl Field {
    /// Whether a file can stand in it, or anywhere inside.
    pub fn may_hold_files(&self) -> bool {
        self.schema.may_hold_files()
    }
}

impl Schema {
    fn may_hold_files(&self) -> bool {
        match &self.kind {
            Kind::Any | Kind::File => true,
            Kind::Object { fields, open } => *open || fields.list.iter().any(Field::may_hold_files),
            Kind::List { items, .. } => items.may_hold_files(),
            _ => false,
        }
    }
}
