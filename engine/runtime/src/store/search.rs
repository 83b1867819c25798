//! Ranges of indexed values, over fields of any workflows at once.

use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::{FIELD_BYTES_MAX, StoreError, StoreResult};

/// Lines of one search: a deployment has some dozens of indexed fields, and each is looked at in a few spellings.
pub const SEARCH_LINES_MAX: usize = 2_000;

/// A range of one field's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchLine {
    pub workflow: Arc<str>,
    /// Empty: the names and paths of states.
    pub field: Arc<str>,
    /// The first and the last value, by their bytes.
    pub from: Arc<str>,
    pub to: Arc<str>,
}

/// Which values are looked for: those of any of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    pub lines: Vec<SearchLine>,
    /// Continue after this place, whether there is something or not.
    pub after: Option<SearchPlace>,
    pub limit: usize,
}

/// Where a value stands: by its bytes, then by whose it is. An instance that has one value in two fields is found once with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchPlace {
    pub value: Arc<str>,
    pub instance: InstanceId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// In the order of their places.
    pub rows: Vec<SearchPlace>,
    /// Whether there are more.
    pub more: bool,
}

impl SearchQuery {
    /// The place after which a line goes on: from where both it and the page have begun. None: before the first instance of its first value.
    pub(super) fn begin<'a>(&'a self, line: &'a SearchLine) -> (&'a str, Option<InstanceId>) {
        match &self.after {
            Some(after) if after.value >= line.from => (&after.value, Some(after.instance)),
            _ => (&line.from, None),
        }
    }
}

impl SearchPage {
    /// The first `limit` of these.
    pub(super) fn first(places: impl IntoIterator<Item = SearchPlace>, limit: usize) -> Self {
        let mut places = places.into_iter();
        let rows = places.by_ref().take(limit).collect();
        SearchPage {
            rows,
            more: places.next().is_some(),
        }
    }
}

/// Refuses what no index holds.
pub(super) fn check(query: &SearchQuery) -> StoreResult<()> {
    let refuse = |what: &str| Err(StoreError::Refused(format!("a search: {what}")));
    if query.lines.len() > SEARCH_LINES_MAX {
        return refuse("too many fields");
    }
    let of_lines = query
        .lines
        .iter()
        .flat_map(|line| [&line.workflow, &line.field, &line.from, &line.to]);
    for text in of_lines.chain(query.after.iter().map(|after| &after.value)) {
        if text.contains('\0') {
            return refuse("a NUL character");
        }
        if text.len() > FIELD_BYTES_MAX {
            return refuse("a text that is too long");
        }
    }
    Ok(())
}
