//! Which files a commit attaches to an instance: those that stand in its data, or in what waits to be signed, and did not before; and
//! those that are on their way, in what it sends or puts off.

use std::collections::{BTreeMap, BTreeSet};

use statewright_core::chart::Chart;
use statewright_core::field::files_in;
use statewright_core::identity::FileId;
use statewright_core::step::Snapshot;
use statewright_core::value::Value;

use crate::store::NewAttachment;

/// What stands nowhere any more stays attached: the trail names it.
pub(crate) fn attached(
    chart: &Chart,
    before: Option<&Snapshot>,
    next: &Snapshot,
    on_their_way: &BTreeSet<FileId>,
) -> Vec<NewAttachment> {
    let mut standing = standing(chart, next);
    for file in on_their_way {
        standing.entry(*file).or_insert(chart.holds_personal_data);
    }
    if standing.is_empty() {
        return Vec::new();
    }
    let known = before.map(|before| self::standing(chart, before)).unwrap_or_default();
    let is_new = |(file, personal): &(&FileId, &bool)| known.get(file) != Some(personal);
    let new = standing.iter().filter(is_new);
    new.map(|(file, personal)| NewAttachment {
        file: *file,
        personal: *personal,
    })
    .collect()
}

/// File → whether it stands in personal fields alone.
fn standing(chart: &Chart, snapshot: &Snapshot) -> BTreeMap<FileId, bool> {
    let mut standing = BTreeMap::new();
    let mut add = |value: &Value, personal: bool| {
        for file in files_in(value) {
            *standing.entry(file).or_insert(true) &= personal;
        }
    };
    for field in chart.data.list.iter().filter(|field| field.may_hold_files()) {
        if let Some(value) = snapshot.data.get(&field.name) {
            add(value, field.is_personal());
        }
    }
    // the form's fields are not the data's, so that all of it may be personal
    for signatures in snapshot.signatures.values() {
        for value in signatures.payload.values() {
            add(value, chart.holds_personal_data);
        }
    }
    standing
}
