//! Where mail goes out, and what it leads to.

use std::fmt;
use std::sync::Arc;

use super::MailTransport;

/// Whether a node sends mail.
#[derive(Clone, Debug, Default)]
pub enum Mailing {
    /// Others do, if any does: it leaves alone what waits.
    #[default]
    Elsewhere,
    /// Nobody does: what waits for long is dropped, and that is said.
    Nowhere,
    By(Arc<MailConfig>),
}

/// How mail goes out.
#[derive(Clone)]
pub struct MailConfig {
    pub transport: Arc<dyn MailTransport>,
    /// What stands before `WORKFLOW/KEY` in the address of an instance's page: `https://lab.example/instances/`.
    pub instances_url: Arc<str>,
}

impl fmt::Debug for MailConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("MailConfig");
        shown.field("instances_url", &self.instances_url).finish_non_exhaustive()
    }
}
