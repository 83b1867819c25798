//! Live calendars against their versions. Those that entries name are looked at where the entries are stepped again.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::trail::FaultKind;

use super::finding::Finding;
use crate::error::EngineResult;
use crate::store::Store;

/// What is wrong with the versions that are live.
pub(super) async fn compare(store: &Arc<dyn Store>) -> EngineResult<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, version) in store.live_calendars().await? {
        let found = match store.calendar(version).await? {
            None => Some((
                FaultKind::Missing,
                format!("it is not there, and is the live one of `{name}`"),
            )),
            Some(stored) if Digest::of(stored.source.as_bytes()) != version => Some((
                FaultKind::Edited,
                format!("the source of a version of `{name}` has another digest"),
            )),
            Some(stored) if stored.name != name => Some((
                FaultKind::Edited,
                format!("it is filed under `{}`, and is the live one of `{name}`", stored.name),
            )),
            Some(_) => None,
        };
        findings.extend(found.map(|(kind, detail)| Finding {
            subject: format!("calendar {version}"),
            sequence: 0,
            kind,
            detail,
        }));
    }
    Ok(findings)
}
