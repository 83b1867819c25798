//! When readers may be disturbed with what they were told. Channels other than the inbox are still to come; from when on they may is said
//! now.

use statewright_core::step::Actor;

use super::Engine;
use crate::queries::Noticed;

impl Engine {
    /// From when on the reader may be disturbed with what they were told, by the quiet hours of their roles as they are now.
    pub(super) fn mark_quiet_hours<'n>(&self, notices: impl Iterator<Item = &'n mut Noticed>, reader: &Actor) {
        let roles = self.inner.directory.roles();
        let Some(version) = roles.filter(|version| !version.roles.quiet_hours.is_empty()) else {
            return;
        };
        for noticed in notices.filter(|noticed| noticed.body.to.includes(reader)) {
            noticed.quiet_until = version.roles.quiet_until(&reader.roles, &noticed.body.via, noticed.at);
        }
    }
}
