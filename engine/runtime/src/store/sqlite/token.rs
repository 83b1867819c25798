//! Access tokens.

use rusqlite::{Connection, Row, params};
use statewright_core::identity::Digest;

use super::commit;
use super::row::{execute, one, rows, text};
use crate::store::{Applied, NewToken, StoreError, StoreResult, TokenRow, Write};

pub(super) const FIND_SAME: &str = "select 1 from token where id = ?1 or hash = ?2";

pub(super) const ADD: &str = "insert into token (id, hash, principal, created_at, expires_at) values (?1, ?2, ?3, ?4, ?5)";

pub(super) const FIND: &str = "select id, principal, created_at, expires_at from token where hash = ?1 and revoked_at is null";

pub(super) const ALL: &str = "
    select id, principal, created_at, expires_at from token
    where revoked_at is null
    order by created_at, id";

pub(super) const REVOKE: &str = "update token set revoked_at = ?2 where id = ?1 and revoked_at is null";

pub(super) fn add(connection: &Connection, token: &NewToken, act: &Write) -> StoreResult<Applied> {
    if one(connection, FIND_SAME, params![token.id, token.hash.0], |_| Ok(()))?.is_some() {
        return Err(StoreError::Refused(format!("a token {} exists already", token.id)));
    }
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        let NewToken {
            id,
            hash,
            principal,
            created_at_us,
            expires_at_us,
        } = token;
        execute(connection, ADD, params![id, hash.0, principal, created_at_us, expires_at_us])?;
    }
    Ok(applied)
}

pub(super) fn find(connection: &Connection, hash: Digest) -> StoreResult<Option<TokenRow>> {
    one(connection, FIND, params![hash.0], token)
}

pub(super) fn all(connection: &Connection) -> StoreResult<Vec<TokenRow>> {
    rows(connection, ALL, [], token)
}

pub(super) fn revoke(connection: &Connection, id: &str, now_us: i64, act: &Write) -> StoreResult<Applied> {
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        execute(connection, REVOKE, params![id, now_us])?;
    }
    Ok(applied)
}

fn token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: text(row, "id")?,
        principal: row.get("principal")?,
        created_at_us: row.get("created_at")?,
        expires_at_us: row.get("expires_at")?,
    })
}
