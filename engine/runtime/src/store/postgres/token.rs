//! Access tokens.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::Digest;

use super::connection::{Trouble, failed};
use super::row;
use crate::store::{NewToken, StoreError, StoreResult, TokenRow};

pub(super) const FIND_SAME: &str = "select from token where id = $1 or hash = $2";

pub(super) const ADD: &str = "
    insert into token (id, hash, principal, created_at, expires_at) values ($1, $2, $3, $4, $5)
    on conflict do nothing";

pub(super) const FIND: &str = "
    select id, principal, created_at, expires_at from token where hash = $1 and revoked_at is null";

pub(super) const ALL: &str = "
    select id, principal, created_at, expires_at from token
    where revoked_at is null
    order by created_at, id";

pub(super) const REVOKE: &str = "update token set revoked_at = $2 where id = $1 and revoked_at is null";

pub(super) async fn check_new(connection: &mut PgConnection, token: &NewToken) -> Result<(), Trouble> {
    let same = sqlx::query(FIND_SAME)
        .bind(&*token.id)
        .bind(token.hash.0)
        .fetch_optional(connection)
        .await?;
    if same.is_some() { Err(exists_already(token)) } else { Ok(()) }
}

pub(super) async fn add(connection: &mut PgConnection, token: &NewToken) -> Result<(), Trouble> {
    let query = sqlx::query(ADD).bind(&*token.id).bind(token.hash.0).bind(&token.principal);
    let added = query
        .bind(token.created_at_us)
        .bind(token.expires_at_us)
        .execute(connection)
        .await?;
    if added.rows_affected() == 0 {
        Err(exists_already(token))
    } else {
        Ok(())
    }
}

fn exists_already(token: &NewToken) -> Trouble {
    StoreError::Refused(format!("a token {} exists already", token.id)).into()
}

pub(super) async fn find(pool: &PgPool, hash: Digest) -> StoreResult<Option<TokenRow>> {
    let found = sqlx::query(FIND).bind(hash.0).fetch_optional(pool).await.map_err(failed)?;
    found.as_ref().map(token).transpose().map_err(failed)
}

pub(super) async fn all(pool: &PgPool) -> StoreResult<Vec<TokenRow>> {
    let found = sqlx::query(ALL).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, token).map_err(failed)
}

pub(super) async fn revoke(connection: &mut PgConnection, id: &str, now_us: i64) -> Result<(), Trouble> {
    sqlx::query(REVOKE).bind(id).bind(now_us).execute(connection).await?;
    Ok(())
}

fn token(row: &PgRow) -> Result<TokenRow, sqlx::Error> {
    Ok(TokenRow {
        id: row::text(row, "id")?,
        principal: row.try_get("principal")?,
        created_at_us: row.try_get("created_at")?,
        expires_at_us: row.try_get("expires_at")?,
    })
}
