//! The workflow whose instances are reviews of openings. No file of anyone's holds it: it comes with whatever needs it.

use std::collections::BTreeMap;

use statewright_core::lang::Bundle;

const FILE: &str = "access-review.yaml";

/// The source of the workflow, as a store keeps it.
pub fn review_source() -> String {
    let files = BTreeMap::from([(FILE.into(), include_str!("review.yaml").into())]);
    Bundle {
        main: FILE.into(),
        files,
    }
    .canonical()
}
