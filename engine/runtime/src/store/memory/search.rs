//! Ranges of indexed values: all of them are looked at for every question.

use std::collections::BTreeSet;

use super::contents::Contents;
use crate::store::{SearchPage, SearchPlace, SearchQuery};

impl Contents {
    pub(super) fn search(&self, query: &SearchQuery) -> SearchPage {
        let all = self
            .fields
            .iter()
            .flat_map(|(id, found_by)| found_by.iter().map(move |(pair, workflow)| (*id, pair, workflow)));
        let is_sought = |workflow: &str, field: &str, value: &str| {
            query
                .lines
                .iter()
                .any(|line| *line.workflow == *workflow && *line.field == *field && *line.from <= *value && *value <= *line.to)
        };
        let sought = all.filter(|(_, (field, value), workflow)| is_sought(workflow, field, value));
        let places = sought.map(|(instance, (_, value), _)| SearchPlace {
            value: value.clone(),
            instance,
        });
        let later: BTreeSet<SearchPlace> = places
            .filter(|place| query.after.as_ref().is_none_or(|after| place > after))
            .collect();
        SearchPage::first(later, query.limit)
    }
}
