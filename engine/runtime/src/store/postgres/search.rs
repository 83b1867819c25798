//! Ranges of indexed values: one walk along the index for each line, merged.

use sqlx::PgPool;

use super::columns::Columns;
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::{SearchPage, SearchPlace, SearchQuery, StoreResult};

/// Places of (lines: workflows, fields, last values, after which value and instance; how many). One bound at each end, so that a walk
/// begins where the page does.
pub(super) const PAGE: &str = "
    select distinct f.value, f.instance
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[]) as l (workflow, field, high, low, place) cross join lateral (
        select s.value, s.instance
        from instance_field s
        where s.workflow = l.workflow and s.field = l.field and s.value <= l.high and (s.value, s.instance) > (l.low, l.place)
        order by s.value, s.instance limit $6::int8
    ) as f
    order by f.value, f.instance limit $6";

/// Before every identifier: digests have no such beginning.
const FIRST: Uuid = Uuid([0; 16]);

pub(super) async fn find(pool: &PgPool, query: &SearchQuery) -> StoreResult<SearchPage> {
    let lines = || query.lines.iter();
    let mut columns = Columns::default();
    columns.add(lines().map(|line| &*line.workflow))?;
    columns.add(lines().map(|line| &*line.field))?;
    columns.add(lines().map(|line| &*line.to))?;
    columns.add(lines().map(|line| query.begin(line).0))?;
    columns.add(lines().map(|line| query.begin(line).1.map_or(FIRST, Uuid::from)))?;
    columns.add_one(count(query.limit).saturating_add(1))?;
    let page = sqlx::query_with(PAGE, columns.finish());
    let found = page.fetch_all(pool).await.map_err(failed)?;
    let places = row::all(&found, |found| {
        Ok(SearchPlace {
            value: row::text(found, "value")?,
            instance: row::id(found, "instance")?,
        })
    });
    Ok(SearchPage::first(places.map_err(failed)?, query.limit))
}
