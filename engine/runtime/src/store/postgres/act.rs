//! An entry of the system's own trail together with what it tells of: a deployment, a token, a decision about an incident.

use sqlx::{PgConnection, PgPool};
use statewright_core::identity::InstanceId;

use super::connection::{Trouble, failed};
use super::{calendar, careful, document, identity, incident, record, table, token, wake};
use crate::store::{
    Applied, Definition, IdentityChange, IncidentKind, NewToken, Repair, StoreResult, StoredCalendar, StoredDocument,
    StoredTable, Write,
};

/// What is done if the entry could be written.
pub(super) enum Deed<'a> {
    Deploy(&'a Definition),
    DeployCalendar(&'a StoredCalendar),
    DeployTable {
        table: &'a StoredTable,
        by: &'a str,
    },
    DeployDocument {
        document: &'a StoredDocument,
        by: &'a str,
    },
    AddToken(&'a NewToken),
    RevokeToken {
        id: &'a str,
        now_us: i64,
    },
    ChangeIdentity(&'a IdentityChange),
    Settle {
        instance: InstanceId,
        kind: IncidentKind,
        name: &'a str,
        repair: &'a Repair,
    },
}

/// As one transaction; once more if others were in the way. None: there was nothing to settle.
pub(super) async fn perform(pool: &PgPool, deed: &Deed<'_>, act: &Write) -> StoreResult<Option<Applied>> {
    let performed = match attempt(pool, deed, act).await {
        Err(Trouble::Collision(_)) => attempt(pool, deed, act).await,
        other => other,
    };
    performed.map_err(Trouble::into_error)
}

async fn attempt(pool: &PgPool, deed: &Deed<'_>, act: &Write) -> Result<Option<Applied>, Trouble> {
    let mut transaction = pool.begin().await.map_err(failed)?;
    match deed {
        Deed::Settle {
            instance, kind, name, ..
        } => {
            if !incident::lock(&mut transaction, *instance, *kind, name).await? {
                return Ok(None);
            }
        }
        Deed::AddToken(token) => token::check_new(&mut transaction, token).await?,
        Deed::ChangeIdentity(change) => {
            if !identity::fits(&mut transaction, change).await? {
                return Ok(Some(Applied::Moved));
            }
        }
        Deed::Deploy(_)
        | Deed::DeployCalendar(_)
        | Deed::DeployTable { .. }
        | Deed::DeployDocument { .. }
        | Deed::RevokeToken { .. } => (),
    }
    let mut answers = careful::apply(&mut transaction, &[act]).await?;
    let applied = answers.pop().unwrap_or(Applied::Moved);
    if applied == Applied::Committed {
        if !perform_within(&mut transaction, deed, act).await? {
            return Ok(Some(Applied::Moved));
        }
        transaction.commit().await?;
    }
    Ok(Some(applied))
}

/// False: what it was made of has changed meanwhile, and nothing is to be kept.
async fn perform_within(connection: &mut PgConnection, deed: &Deed<'_>, act: &Write) -> Result<bool, Trouble> {
    let performed = match deed {
        Deed::ChangeIdentity(change) => return identity::change(connection, change).await,
        Deed::Deploy(definition) => record::keep_definition(connection, definition).await,
        Deed::DeployCalendar(calendar) => calendar::keep(connection, calendar).await,
        Deed::DeployTable { table, by } => table::keep(connection, table, by, act.next.sequence).await,
        Deed::DeployDocument { document, by } => document::keep(connection, document, by, act.next.sequence).await,
        Deed::AddToken(token) => token::add(connection, token).await,
        Deed::RevokeToken { id, now_us } => token::revoke(connection, id, *now_us).await,
        Deed::Settle {
            instance,
            kind,
            name,
            repair,
        } => {
            incident::repair(connection, *instance, *kind, name, repair).await?;
            match repair {
                Repair::Settle { answer: Some(answer) } => wake::insert_message(connection, answer, act.at_us).await,
                Repair::Settle { answer: None } | Repair::Retry { .. } => Ok(()),
            }
        }
    };
    performed.map(|()| true)
}
