//! How tables of the page refer to one another.

use crate::lang::grammar::{Construct, Key, Map};

/// A link to the construct's table.
pub(super) fn link(map: &Map, construct: &'static Construct) -> String {
    let title = map.title(construct);
    let anchor: String = title
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect();
    format!("[{title}](#{anchor})")
}

/// The construct whose table shows nothing but these keys.
pub(super) fn owner(map: &Map, keys: &[Key], of: &'static Construct) -> Option<&'static Construct> {
    let mut others = map.places().map(|place| place.construct);
    others.find(|construct| {
        let is_alone = construct.keys.is_empty() || construct.shared.is_empty();
        // Keys are compared by what is written of them: tables of other modules may stand in memory twice.
        let said = |key: &Key| (key.name, key.meaning);
        !std::ptr::eq(*construct, of) && is_alone && construct.all().map(said).eq(keys.iter().map(said))
    })
}
