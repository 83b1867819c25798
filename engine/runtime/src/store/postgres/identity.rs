//! How people prove who they are, and who is signed in.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::Digest;

use super::connection::{Trouble, failed};
use super::row::{self, count};
use crate::store::{Credential, CredentialChange, EndedSessions, IdentityChange, Session, StoreResult};

pub(super) const FIND_CREDENTIAL: &str = "select * from credential where person = $1";

pub(super) const FIND_REVISION: &str = "select revision from credential where person = $1 for update";

pub(super) const ADD_CREDENTIAL: &str = "
    insert into credential
        (person, revision, password, password_set_at, password_expires_at, secret, secret_confirmed_at, step, failures, locked_until)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict do nothing";

pub(super) const CHANGE_CREDENTIAL: &str = "
    update credential
    set revision = $2, password = $3, password_set_at = $4, password_expires_at = $5, secret = $6, secret_confirmed_at = $7,
        step = $8, failures = $9, locked_until = $10
    where person = $1";

pub(super) const FORGET_CREDENTIAL: &str = "delete from credential where person = $1";

pub(super) const FIND_SESSION: &str = "select * from session where hash = $1";

pub(super) const SESSIONS_OF: &str = "select * from session where person = $1 order by created_at, id";

pub(super) const EXPIRED: &str = "select * from session where expires_at <= $1 order by expires_at, id limit $2";

pub(super) const PUT_SESSION: &str = "
    insert into session (hash, id, person, created_at, seen_at, expires_at, password_at, second_factor_at, origin)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (hash) do update
    set seen_at = excluded.seen_at, expires_at = excluded.expires_at, password_at = excluded.password_at,
        second_factor_at = excluded.second_factor_at, origin = excluded.origin";

pub(super) const END: &str = "delete from session where person = $1 and hash = any ($2::bytea[])";

pub(super) const END_ALL: &str = "delete from session where person = $1";

pub(super) const END_ALL_BUT: &str = "delete from session where person = $1 and hash <> $2";

pub(super) const TOUCH: &str = "update session set seen_at = $2, expires_at = $3 where hash = $1 and seen_at < $2";

pub(super) async fn credential(pool: &PgPool, person: &str) -> StoreResult<Option<Credential>> {
    let found = sqlx::query(FIND_CREDENTIAL).bind(person).fetch_optional(pool).await;
    let found = found.map_err(failed)?;
    found.as_ref().map(read_credential).transpose().map_err(failed)
}

pub(super) async fn session(pool: &PgPool, hash: Digest) -> StoreResult<Option<Session>> {
    let found = sqlx::query(FIND_SESSION).bind(hash.0).fetch_optional(pool).await;
    let found = found.map_err(failed)?;
    found.as_ref().map(read_session).transpose().map_err(failed)
}

pub(super) async fn sessions_of(pool: &PgPool, person: &str) -> StoreResult<Vec<Session>> {
    let found = sqlx::query(SESSIONS_OF).bind(person).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, read_session).map_err(failed)
}

pub(super) async fn expired(pool: &PgPool, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
    let query = sqlx::query(EXPIRED).bind(now_us).bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, read_session).map_err(failed)
}

/// Whether the credential is still the one that the change was made of, which it stays until the transaction ends.
pub(super) async fn fits(connection: &mut PgConnection, change: &IdentityChange) -> Result<bool, Trouble> {
    let CredentialChange::Put(next) = &change.credential else {
        return Ok(true);
    };
    let found = sqlx::query(FIND_REVISION)
        .bind(&*change.person)
        .fetch_optional(connection)
        .await?;
    let before = found.map(|found| row::unsigned(&found, "revision")).transpose()?;
    Ok(before.unwrap_or(0) + 1 == next.revision)
}

/// False: somebody else's credential was the first of this person meanwhile.
pub(super) async fn change(connection: &mut PgConnection, change: &IdentityChange) -> Result<bool, Trouble> {
    match &change.credential {
        CredentialChange::Keep => (),
        CredentialChange::Put(next) => {
            if !put_credential(connection, next).await? {
                return Ok(false);
            }
        }
        CredentialChange::Forget => {
            let forget = sqlx::query(FORGET_CREDENTIAL).bind(&*change.person);
            forget.execute(&mut *connection).await?;
        }
    }
    end(connection, change).await?;
    if let Some(session) = &change.session {
        put_session(connection, session).await?;
    }
    Ok(true)
}

pub(super) async fn touch(pool: &PgPool, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
    let touch = sqlx::query(TOUCH).bind(hash.0).bind(seen_at_us).bind(expires_at_us);
    touch.execute(pool).await.map_err(failed)?;
    Ok(())
}

async fn put_credential(connection: &mut PgConnection, next: &Credential) -> Result<bool, Trouble> {
    let statement = if next.revision == 1 {
        ADD_CREDENTIAL
    } else {
        CHANGE_CREDENTIAL
    };
    let put = sqlx::query(statement)
        .bind(&*next.person)
        .bind(next.revision.cast_signed())
        .bind(&*next.password)
        .bind(next.password_set_at_us)
        .bind(next.password_expires_at_us)
        .bind(next.secret.as_deref())
        .bind(next.secret_confirmed_at_us)
        .bind(next.step.cast_signed())
        .bind(i64::from(next.failures))
        .bind(next.locked_until_us);
    Ok(put.execute(connection).await?.rows_affected() > 0)
}

async fn end(connection: &mut PgConnection, change: &IdentityChange) -> Result<(), Trouble> {
    let person = &*change.person;
    let end = match &change.ended {
        EndedSessions::These(ended) if ended.is_empty() => return Ok(()),
        EndedSessions::These(ended) => {
            let hashes: Vec<Vec<u8>> = ended.iter().map(|hash| hash.0.to_vec()).collect();
            sqlx::query(END).bind(person).bind(hashes)
        }
        EndedSessions::All => sqlx::query(END_ALL).bind(person),
        EndedSessions::AllBut(kept) => sqlx::query(END_ALL_BUT).bind(person).bind(kept.0),
    };
    end.execute(connection).await?;
    Ok(())
}

async fn put_session(connection: &mut PgConnection, session: &Session) -> Result<(), Trouble> {
    let put = sqlx::query(PUT_SESSION)
        .bind(session.hash.0)
        .bind(&*session.id)
        .bind(&*session.person)
        .bind(session.created_at_us)
        .bind(session.seen_at_us)
        .bind(session.expires_at_us)
        .bind(session.password_at_us)
        .bind(session.second_factor_at_us)
        .bind(&*session.origin);
    put.execute(connection).await?;
    Ok(())
}

fn read_credential(found: &PgRow) -> Result<Credential, sqlx::Error> {
    let secret: Option<Vec<u8>> = found.try_get("secret")?;
    Ok(Credential {
        person: row::text(found, "person")?,
        revision: row::unsigned(found, "revision")?,
        password: row::text(found, "password")?,
        password_set_at_us: found.try_get("password_set_at")?,
        password_expires_at_us: found.try_get("password_expires_at")?,
        secret: secret.map(Into::into),
        secret_confirmed_at_us: found.try_get("secret_confirmed_at")?,
        step: row::unsigned(found, "step")?,
        failures: row::small(found, "failures")?,
        locked_until_us: found.try_get("locked_until")?,
    })
}

fn read_session(found: &PgRow) -> Result<Session, sqlx::Error> {
    Ok(Session {
        hash: row::digest(found, "hash", &mut None)?,
        id: row::text(found, "id")?,
        person: row::text(found, "person")?,
        created_at_us: found.try_get("created_at")?,
        seen_at_us: found.try_get("seen_at")?,
        expires_at_us: found.try_get("expires_at")?,
        password_at_us: found.try_get("password_at")?,
        second_factor_at_us: found.try_get("second_factor_at")?,
        origin: row::text(found, "origin")?,
    })
}
