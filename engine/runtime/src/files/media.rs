//! What a file is, told from its bytes. What a sender says it is may only be more exact, never another thing.
//!
//! A short list: what practices and labs send one another. Nothing on it runs when it is opened; what a browser would run (HTML, SVG,
//! scripts) is not on it.

/// Bytes of the beginning that tell what a file is.
pub const FOUND_IN_BYTES: usize = 4 * 1024;

const MEBIBYTE: u64 = 1024 * 1024;

/// A media type that is taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Media {
    pub media_type: &'static str,
    /// The most for a file of it: what such files come to, not what could be sent.
    pub bytes_max: u64,
    shape: Shape,
}

/// How its bytes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// These bytes at this place.
    Bytes(usize, &'static [u8]),
    /// `RIFF`, a length, and these.
    Riff(&'static [u8]),
    /// An ISO media file of one of these brands.
    Brand(&'static [&'static [u8]]),
    /// A zip file whose first member begins so: how office documents are packed.
    Packed(&'static [u8]),
    /// Text, and nothing else.
    Text,
}

/// Of several that fit the first is meant, unless the sender says one of the others.
static KNOWN: [Media; 16] = [
    Media::of("application/pdf", 50 * MEBIBYTE, Shape::Bytes(0, b"%PDF-")),
    Media::of("image/png", 20 * MEBIBYTE, Shape::Bytes(0, b"\x89PNG\r\n\x1a\n")),
    Media::of("image/jpeg", 20 * MEBIBYTE, Shape::Bytes(0, b"\xff\xd8\xff")),
    Media::of("image/gif", 10 * MEBIBYTE, Shape::Bytes(0, b"GIF8")),
    Media::of("image/webp", 20 * MEBIBYTE, Shape::Riff(b"WEBP")),
    Media::of("image/tiff", 50 * MEBIBYTE, Shape::Bytes(0, b"II*\0")),
    Media::of("image/tiff", 50 * MEBIBYTE, Shape::Bytes(0, b"MM\0*")),
    Media::of("image/heic", 20 * MEBIBYTE, Shape::Brand(&[b"heic", b"heix", b"mif1"])),
    Media::of("application/dicom", 50 * MEBIBYTE, Shape::Bytes(128, b"DICM")),
    Media::of(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        20 * MEBIBYTE,
        Shape::Packed(b"[Content_Types].xml"),
    ),
    Media::of(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        20 * MEBIBYTE,
        Shape::Packed(b"[Content_Types].xml"),
    ),
    Media::of(
        "application/vnd.oasis.opendocument.text",
        20 * MEBIBYTE,
        Shape::Packed(b"mimetypeapplication/vnd.oasis.opendocument.text"),
    ),
    Media::of(
        "application/vnd.oasis.opendocument.spreadsheet",
        20 * MEBIBYTE,
        Shape::Packed(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
    ),
    // Traces of frames and everything else that machines write into text.
    Media::of("text/plain", 5 * MEBIBYTE, Shape::Text),
    Media::of("text/csv", 20 * MEBIBYTE, Shape::Text),
    Media::of("application/json", 5 * MEBIBYTE, Shape::Text),
];

/// What a browser takes for a page, or a picture that runs scripts, whatever it is called.
const MARKUP: [&[u8]; 6] = [b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<head"];

/// What a sender says who does not know.
const UNSAID: [&str; 2] = ["application/octet-stream", "binary/octet-stream"];

/// Bytes behind the name of a zip file's first member at which it begins: the length of its head.
const MEMBER_NAME_AT: usize = 30;

impl Media {
    const fn of(media_type: &'static str, bytes_max: u64, shape: Shape) -> Self {
        Media {
            media_type,
            bytes_max,
            shape,
        }
    }

    /// All that is known, each once.
    pub fn known() -> impl Iterator<Item = &'static str> {
        let mut before = "";
        KNOWN.iter().filter_map(move |media| {
            let is_new = media.media_type != before;
            before = media.media_type;
            is_new.then_some(media.media_type)
        })
    }

    /// What a file is that begins so; `claimed` chooses among those that fit.
    ///
    /// # Errors
    /// None of them fits, or another one is claimed: then the one that is found.
    pub(super) fn find(begins: &[u8], claimed: Option<&str>) -> Result<&'static Media, Option<&'static Media>> {
        let fits = || KNOWN.iter().filter(|media| media.shape.fits(begins));
        let first = fits().next().ok_or(None)?;
        let claimed = claimed.map(essence).filter(|claimed| !UNSAID.contains(&claimed.as_str()));
        match claimed {
            None => Ok(first),
            Some(claimed) => fits().find(|media| media.media_type == claimed).ok_or(Some(first)),
        }
    }

    /// Whether bytes further on may stand in it.
    pub(super) fn admits(&self, bytes: &[u8]) -> bool {
        self.shape != Shape::Text || bytes.iter().all(|byte| is_text(*byte))
    }
}

impl Shape {
    fn fits(self, bytes: &[u8]) -> bool {
        let stands = |place: usize, expected: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(expected));
        match self {
            Shape::Bytes(place, expected) => stands(place, expected),
            Shape::Riff(kind) => stands(0, b"RIFF") && stands(8, kind),
            Shape::Brand(brands) => stands(4, b"ftyp") && brands.iter().any(|brand| stands(8, brand)),
            Shape::Packed(member) => stands(0, b"PK\x03\x04") && stands(MEMBER_NAME_AT, member),
            Shape::Text => bytes.iter().all(|byte| is_text(*byte)) && !is_markup(bytes),
        }
    }
}

/// Anything but control characters; of those the ones that text is laid out with, and the end that old programs write (26).
fn is_text(byte: u8) -> bool {
    byte >= 32 && byte != 127 || matches!(byte, b'\t' | b'\n' | b'\r' | 12 | 26)
}

fn is_markup(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let begins = bytes
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(bytes.len());
    let rest = &bytes[begins..];
    let begins_with = |tag: &&[u8]| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    MARKUP.iter().any(begins_with)
}

/// The media type without its parameters, in small letters.
pub(super) fn essence(claimed: &str) -> String {
    let (essence, _) = claimed.split_once(';').unwrap_or((claimed, ""));
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], claimed: Option<&str>, expected: &str) {
        let found = match Media::find(bytes, claimed) {
            Ok(media) => media.media_type.to_owned(),
            Err(Some(media)) => format!("not {}, but {}", claimed.unwrap_or_default(), media.media_type),
            Err(None) => "nothing known".to_owned(),
        };
        assert_eq!(found, expected, "{:?} {claimed:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn the_bytes_say_what_it_is() {
        check(b"%PDF-1.7 ...", None, "application/pdf");
        check(b"%PDF-1.7 ...", Some("application/pdf"), "application/pdf");
        check(b"%PDF-1.7 ...", Some("application/octet-stream"), "application/pdf");
        check(b"%PDF-1.7 ...", Some("image/png"), "not image/png, but application/pdf");
        check(b"MZ\x90\0\x03", Some("application/pdf"), "nothing known");
        check(
            b"#!/bin/sh\nrm",
            Some("application/pdf"),
            "not application/pdf, but text/plain",
        );
        check(b"\x89PNG\r\n\x1a\nIHDR", Some("IMAGE/PNG; q=1"), "image/png");
        check(b"RIFF\x10\0\0\0WEBPVP8 ", None, "image/webp");
        check(b"RIFF\x10\0\0\0WAVEfmt ", None, "nothing known");
        check(b"\0\0\0\x18ftypheic", None, "image/heic");
        let mut dicom = vec![0; 128];
        dicom.extend_from_slice(b"DICM\x02\0");
        check(&dicom, Some("application/dicom"), "application/dicom");
        check(b"MM\0*\0\0", None, "image/tiff");
    }

    #[test]
    fn text_may_be_called_what_it_holds() {
        check(b"JOB=7\r\nTRCFMT=1;400;E;R;F\r\n\x1a", None, "text/plain");
        check(b"a;b\n1;2\n", Some("text/csv"), "text/csv");
        check(b"{}", Some("application/json; charset=utf-8"), "application/json");
        check("Größe".as_bytes(), Some("text/plain"), "text/plain");
        check(b"a\0b", Some("text/plain"), "nothing known");
        let text = Media::find(b"a", None).expect("it is text");
        assert!(text.admits(b"more\n") && !text.admits(b"\x7fELF\x02"));
        let pdf = Media::find(b"%PDF-", None).expect("it is one");
        assert!(pdf.admits(b"\0\x01"));
    }

    #[test]
    fn what_a_browser_runs_is_not_text() {
        for bytes in [
            b"<!DOCTYPE html>".as_slice(),
            b"  <svg onload=x>",
            b"\xef\xbb\xbf<?xml version=\"1.0\"?>",
            b"\n<HTML>",
            b"<script>",
        ] {
            check(bytes, Some("text/plain"), "nothing known");
        }
    }

    #[test]
    fn an_office_document_is_what_its_first_member_says() {
        let packed = |member: &[u8]| [b"PK\x03\x04".as_slice(), &[0; 26], member].concat();
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        check(&packed(b"[Content_Types].xml"), Some(sheet), sheet);
        check(&packed(b"setup.exe"), Some(sheet), "nothing known");
        check(
            &packed(b"mimetypeapplication/vnd.oasis.opendocument.text"),
            None,
            "application/vnd.oasis.opendocument.text",
        );
    }

    #[test]
    fn each_is_listed_once() {
        let known: Vec<&str> = Media::known().collect();
        let distinct: std::collections::BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(known.len(), distinct.len());
    }
}
