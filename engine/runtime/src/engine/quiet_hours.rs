//! When readers may be disturbed with what they were told. Channels other than the inbox are still to come; from when on they may is said
//! now.

use statewright_core::step::Actor;

use super::Engine;
use crate::queries::Notices;

impl Engine {
    /// From when on the reader may be disturbed with what they were told, by the quiet hours of their roles as they are now.
    pub(super) fn with_quiet_hours(&self, mut notices: Notices, reader: &Actor) -> Notices {
        if let Some(version) = self
            .inner
            .directory
            .roles()
            .filter(|version| !version.roles.quiet_hours.is_empty())
        {
            for noticed in notices.notices.iter_mut().filter(|noticed| noticed.body.to.includes(reader)) {
                noticed.quiet_until = version.roles.quiet_until(&reader.roles, &noticed.body.via, noticed.at);
            }
        }
        notices
    }
}
