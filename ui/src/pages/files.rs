//! The files of an instance: how they are listed, and how one is fetched.

use axum::http::Method;
use serde::Serialize;
use statewright_core::field::Scan;
use statewright_core::step::in_words;
use statewright_engine::files::ListedFile;

use super::answer::Answer;
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::Reading;
use crate::http::{Answered, download, given, picture};
use crate::percent::path;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/instances/{workflow}/{key}/files/{file}",
        operation: "pageDownload",
        access: Access::Person,
        handler: |asked| Box::pin(fetch(asked)),
    },
    Page {
        method: Method::GET,
        path: "/instances/{workflow}/{key}/files/{file}/shape",
        operation: "pageShape",
        access: Access::Person,
        handler: |asked| Box::pin(shape(asked)),
    },
];

/// Endings of names under which tracers and lab software write DCS files.
const TRACES: [&str; 4] = [".oma", ".dcs", ".vca", ".trc"];

const KIBIBYTE: u64 = 1024;

/// A file, as a list shows it.
#[derive(Serialize)]
pub struct FileRow {
    name: String,
    href: String,
    field: String,
    media_type: String,
    size: String,
    scan: &'static str,
    uploader: String,
    at: Moment,
    /// Where its picture is, if it looks like a trace.
    shape: Option<String>,
}

impl FileRow {
    pub fn of(file: &ListedFile, workflow: &str, key: &str, reading: &Reading) -> Self {
        let record = &file.record;
        let href = format!("/instances{}", path(&[workflow, key, "files", &record.file.to_string()]));
        let name = record.name.to_lowercase();
        let is_trace = TRACES.iter().any(|ending| name.ends_with(ending));
        FileRow {
            shape: is_trace.then(|| format!("{href}/shape")),
            name: record.name.to_string(),
            href,
            field: in_words(&file.field),
            media_type: record.media_type.to_string(),
            size: size_words(record.size),
            scan: record.scan.map_or("", Scan::as_str),
            uploader: file.uploader.to_string(),
            at: reading.moment(file.uploaded_at),
        }
    }
}

fn size_words(bytes: u64) -> String {
    match bytes {
        0..KIBIBYTE => format!("{bytes} bytes"),
        _ if bytes < KIBIBYTE * KIBIBYTE => format!("{} KiB", bytes.div_ceil(KIBIBYTE)),
        _ => format!("{} MiB", bytes.div_ceil(KIBIBYTE * KIBIBYTE)),
    }
}

async fn fetch(asked: Asked) -> Answered<Answer> {
    let (workflow, key, file) = (asked.segment("workflow"), asked.segment("key"), asked.segment("file"));
    let file = given(&asked.service, asked.caller()?, workflow, key, file).await?;
    Ok(download(file).into())
}

async fn shape(asked: Asked) -> Answered<Answer> {
    let (workflow, key, file) = (asked.segment("workflow"), asked.segment("key"), asked.segment("file"));
    let file = given(&asked.service, asked.caller()?, workflow, key, file).await?;
    Ok(picture(file).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_rounded_up() {
        let check = |bytes: u64, expected: &str| assert_eq!(size_words(bytes), expected);
        check(1023, "1023 bytes");
        check(1024, "1 KiB");
        check(1025, "2 KiB");
        check(5 * 1024 * 1024 + 1, "6 MiB");
    }
}
