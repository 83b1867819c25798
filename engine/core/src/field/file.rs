//! The record that stands in a `file` field: what an upload is known by. The bytes themselves are kept elsewhere.

use std::sync::LazyLock;

use super::{Field, Fields, Kind, Pattern, Schema};

/// Characters of the longest file name that is kept: what file systems take.
const FILE_NAME_CHARACTERS_MAX: usize = 255;

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
