//! Which instances an index does not rule out: one look for each, and one for each of its definition's pairs.

use std::collections::BTreeSet;

use sqlx::PgPool;
use statewright_core::identity::InstanceId;

use super::columns::Columns;
use super::connection::failed;
use super::row;
use super::uuid::Uuid;
use crate::store::{StoreResult, TiedQuery};

/// Those of (instances; the definitions that are decided about; a definition, a field and a value of each pair).
pub(super) const TIED: &str = "
    select i.id
    from instance i
    where i.id = any ($1::uuid[]) and i.sequence > 0 and (
        i.definition <> all ($2::bytea[]) or exists (
            select from unnest($3::bytea[], $4::text[], $5::text[]) as t (definition, field, value)
                join instance_field f on f.instance = i.id and f.field = t.field and f.value = t.value
            where t.definition = i.definition
        )
    )";

pub(super) async fn find(pool: &PgPool, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
    let mut columns = Columns::default();
    columns.add(query.instances.iter().map(|id| Uuid::from(*id)))?;
    columns.add(query.definitions.keys().map(|definition| &definition.0[..]))?;
    columns.add(query.pairs().map(|(definition, _, _)| definition.0.to_vec()))?;
    columns.add(query.pairs().map(|(_, field, _)| &**field))?;
    columns.add(query.pairs().map(|(_, _, value)| &**value))?;
    let found = sqlx::query_with(TIED, columns.finish())
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let ids = row::all(&found, |found| row::id(found, "id")).map_err(failed)?;
    Ok(ids.into_iter().collect())
}
