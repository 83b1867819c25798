//! How people prove who they are, and who is signed in.

use rusqlite::{Connection, Row, params};
use statewright_core::identity::Digest;

use super::commit;
use super::row::{count, execute, one, rows, signed, text, unsigned};
use crate::store::{Applied, Credential, CredentialChange, EndedSessions, IdentityChange, Session, StoreResult, Write};

pub(super) const FIND_CREDENTIAL: &str = "select * from credential where person = ?1";

pub(super) const FIND_REVISION: &str = "select revision from credential where person = ?1";

pub(super) const PUT_CREDENTIAL: &str = "
    insert or replace into credential
        (person, revision, password, password_set_at, password_expires_at, secret, secret_confirmed_at, step, failures, locked_until)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

pub(super) const FORGET_CREDENTIAL: &str = "delete from credential where person = ?1";

pub(super) const FIND_SESSION: &str = "select * from session where hash = ?1";

pub(super) const SESSIONS_OF: &str = "select * from session where person = ?1 order by created_at, id";

pub(super) const EXPIRED: &str = "select * from session where expires_at <= ?1 order by expires_at, id limit ?2";

pub(super) const PUT_SESSION: &str = "
    insert or replace into session
        (hash, id, person, created_at, seen_at, expires_at, password_at, second_factor_at, origin)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const END_ONE: &str = "delete from session where person = ?1 and hash = ?2";

pub(super) const END_ALL: &str = "delete from session where person = ?1";

pub(super) const END_ALL_BUT: &str = "delete from session where person = ?1 and hash <> ?2";

pub(super) const TOUCH: &str = "update session set seen_at = ?2, expires_at = ?3 where hash = ?1 and seen_at < ?2";

pub(super) fn credential(connection: &Connection, person: &str) -> StoreResult<Option<Credential>> {
    one(connection, FIND_CREDENTIAL, params![person], read_credential)
}

pub(super) fn session(connection: &Connection, hash: Digest) -> StoreResult<Option<Session>> {
    one(connection, FIND_SESSION, params![hash.0], read_session)
}

pub(super) fn sessions_of(connection: &Connection, person: &str) -> StoreResult<Vec<Session>> {
    rows(connection, SESSIONS_OF, params![person], read_session)
}

pub(super) fn expired(connection: &Connection, now_us: i64, limit: usize) -> StoreResult<Vec<Session>> {
    rows(connection, EXPIRED, params![now_us, count(limit)], read_session)
}

pub(super) fn change(connection: &Connection, change: &IdentityChange, act: &Write) -> StoreResult<Applied> {
    if let CredentialChange::Put(next) = &change.credential {
        let before = one(connection, FIND_REVISION, params![change.person], |row| {
            unsigned(row, "revision")
        })?;
        if before.unwrap_or(0) + 1 != next.revision {
            return Ok(Applied::Moved);
        }
    }
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        change_credential(connection, change)?;
        end(connection, change)?;
        if let Some(session) = &change.session {
            put_session(connection, session)?;
        }
    }
    Ok(applied)
}

pub(super) fn touch(connection: &Connection, hash: Digest, seen_at_us: i64, expires_at_us: i64) -> StoreResult<()> {
    execute(connection, TOUCH, params![hash.0, seen_at_us, expires_at_us])?;
    Ok(())
}

fn change_credential(connection: &Connection, change: &IdentityChange) -> StoreResult<()> {
    match &change.credential {
        CredentialChange::Keep => (),
        CredentialChange::Put(next) => {
            let values = params![
                next.person,
                signed(next.revision),
                next.password,
                next.password_set_at_us,
                next.password_expires_at_us,
                next.secret.as_deref(),
                next.secret_confirmed_at_us,
                signed(next.step),
                next.failures,
                next.locked_until_us,
            ];
            execute(connection, PUT_CREDENTIAL, values)?;
        }
        CredentialChange::Forget => {
            execute(connection, FORGET_CREDENTIAL, params![change.person])?;
        }
    }
    Ok(())
}

fn end(connection: &Connection, change: &IdentityChange) -> StoreResult<()> {
    match &change.ended {
        EndedSessions::These(ended) => {
            for hash in ended {
                execute(connection, END_ONE, params![change.person, hash.0])?;
            }
        }
        EndedSessions::All => {
            execute(connection, END_ALL, params![change.person])?;
        }
        EndedSessions::AllBut(kept) => {
            execute(connection, END_ALL_BUT, params![change.person, kept.0])?;
        }
    }
    Ok(())
}

fn put_session(connection: &Connection, session: &Session) -> StoreResult<()> {
    let values = params![
        session.hash.0,
        session.id,
        session.person,
        session.created_at_us,
        session.seen_at_us,
        session.expires_at_us,
        session.password_at_us,
        session.second_factor_at_us,
        session.origin,
    ];
    execute(connection, PUT_SESSION, values)?;
    Ok(())
}

fn read_credential(row: &Row<'_>) -> rusqlite::Result<Credential> {
    let secret: Option<Vec<u8>> = row.get("secret")?;
    Ok(Credential {
        person: text(row, "person")?,
        revision: unsigned(row, "revision")?,
        password: text(row, "password")?,
        password_set_at_us: row.get("password_set_at")?,
        password_expires_at_us: row.get("password_expires_at")?,
        secret: secret.map(Into::into),
        secret_confirmed_at_us: row.get("secret_confirmed_at")?,
        step: unsigned(row, "step")?,
        failures: row.get("failures")?,
        locked_until_us: row.get("locked_until")?,
    })
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        hash: Digest(row.get("hash")?),
        id: text(row, "id")?,
        person: text(row, "person")?,
        created_at_us: row.get("created_at")?,
        seen_at_us: row.get("seen_at")?,
        expires_at_us: row.get("expires_at")?,
        password_at_us: row.get("password_at")?,
        second_factor_at_us: row.get("second_factor_at")?,
        origin: text(row, "origin")?,
    })
}
