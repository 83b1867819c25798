//! Making a file of roles live, and what belongs to what.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use statewright_core::chart::{Roles, RolesVersion};
use statewright_core::identity::Digest;
use statewright_core::step::{Actor, RECORD};
use statewright_core::value::{Object, Value};

use super::{CHANGES_MAX, Directory, LiveRoles, act_of, changed_meanwhile, committed};
use crate::compiler::aside;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::system::write_of;

/// The key of the instance whose record the file of roles is.
const KEY: &str = "roles";

/// How roles stand in the texts by which people are found.
const ROLE_SUBJECT: &str = "role:";

/// Of a file of roles, in bytes: it stands in an entry of a trail.
const SOURCE_BYTES_MAX: usize = 256 * 1024;

/// What the deployment of a file of roles came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeployedRoles {
    pub version: Digest,
    /// It was live already: nothing was written.
    pub unchanged: bool,
}

impl Directory {
    /// Makes a file of roles the one that holds from now on. People keep the roles that they were given.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong with it; those of the store.
    pub async fn deploy_roles(&self, source: &str, by: &Actor, now: Timestamp) -> EngineResult<DeployedRoles> {
        let compiled = self.compile(source)?;
        let version = compiled.version;
        if source.len() > SOURCE_BYTES_MAX {
            let why = format!("a file of roles is at most {SOURCE_BYTES_MAX} bytes long");
            return Err(EngineError::DefinitionRefused(why));
        }
        let record = Value::from_fields(Object::from([
            ("source".into(), Value::from_text(source)),
            ("version".into(), Value::from_text(&version.to_string())),
        ]));
        let act = act_of("roles_deployed", record);
        for _ in 0..CHANGES_MAX {
            self.refresh().await?;
            if self.roles().is_some_and(|live| live.version == version) {
                return Ok(DeployedRoles {
                    version,
                    unchanged: true,
                });
            }
            let before = self.before(KEY).await?;
            let write = write_of(KEY, before.as_deref(), &act, by, now)?;
            let applied = self.store.commit(std::slice::from_ref(&write)).await?;
            if committed(applied.first())? {
                self.make_live(write.next.sequence, compiled);
                self.handover.look_for_assignments();
                tracing::info!(%version, by = %by.id, "deployed roles");
                return Ok(DeployedRoles {
                    version,
                    unchanged: false,
                });
            }
        }
        Err(changed_meanwhile())
    }

    /// Asks the store which file of roles is live.
    ///
    /// # Errors
    /// Those of the store. One that this program cannot read is told in the log and is not used; the one before goes on.
    pub async fn refresh(&self) -> EngineResult<()> {
        let Some(snapshot) = self.before(KEY).await? else {
            return Ok(());
        };
        let is_known = {
            let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
            roles.as_ref().is_some_and(|live| live.sequence >= snapshot.sequence)
        };
        if is_known {
            return Ok(());
        }
        let record = snapshot.data.get(RECORD);
        let source = record.and_then(|record| record.field("source")).and_then(Value::as_text);
        match source.map(|source| self.compile(source)) {
            Some(Ok(compiled)) => self.make_live(snapshot.sequence, compiled),
            Some(Err(error)) => tracing::error!(%error, "the live file of roles cannot be used"),
            None => tracing::error!("the live file of roles is not there"),
        }
        Ok(())
    }

    fn compile(&self, source: &str) -> EngineResult<RolesVersion> {
        let compiled = aside(|| guarded(|| Ok(self.compiler.compile_roles(source))))?;
        compiled.map_err(EngineError::DefinitionRefused)
    }

    fn make_live(&self, sequence: u64, version: RolesVersion) {
        let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        if roles.as_ref().is_none_or(|live| live.sequence < sequence) {
            *roles = Some(LiveRoles {
                sequence,
                units: Arc::new(version.roles.titled_units()),
                version: Arc::new(version),
            });
        }
    }
}

/// The texts by which people are found, with those of all roles that include one of these.
pub(super) fn including(roles: &Roles, subjects: Vec<Arc<str>>) -> Vec<Arc<str>> {
    let mut all: BTreeSet<Arc<str>> = subjects.iter().cloned().collect();
    let wanted: Vec<&str> = subjects
        .iter()
        .filter_map(|subject| subject.strip_prefix(ROLE_SUBJECT))
        .collect();
    for role in roles.roles.keys() {
        let expanded = roles.expanded(std::slice::from_ref(role));
        if expanded.iter().any(|included| wanted.contains(&&**included)) {
            all.insert(format!("{ROLE_SUBJECT}{role}").into());
        }
    }
    all.into_iter().collect()
}
