//! The commit: each write is decided by reading, and only then written, so that nothing needs to be taken back.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::row::{self, execute, one, signed};
use super::wake::insert_messages;
use super::{field, file, mark, notice, task, task_field};
use crate::store::check::repeated_key;
use crate::store::{Applied, NewMessage, StoreResult, Write, wake_body, wake_key};

pub(super) const FIND_SEQUENCE: &str = "select sequence from instance where id = ?1";

pub(super) const FIND_INPUT: &str = "
    select sequence from trail
    where started_at = (select started_at from instance where id = ?1) and instance = ?1 and input_key = ?2";

pub(super) const FIND_HOLDER: &str = "select holder from claim where id = ?1";

pub(super) const BEGIN_INSTANCE: &str = "
    insert into instance (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    on conflict (id) do update set
        workflow = excluded.workflow, key = excluded.key, definition = excluded.definition, sequence = excluded.sequence,
        done = excluded.done, snapshot = excluded.snapshot, head = excluded.head, started_at = excluded.started_at
    returning started_at, watchers";

pub(super) const MOVE_INSTANCE: &str = "
    update instance set definition = ?2, sequence = ?3, done = ?4, snapshot = ?5, head = ?6
    where id = ?1 and sequence = ?7
    returning started_at, watchers";

pub(super) const FIND_WATCHERS: &str = "select watchers from instance where id = ?1";

pub(super) const SET_WATCHERS: &str = "
    insert into instance (id, workflow, key, definition, sequence, done, snapshot, head, started_at, watchers)
    values (?1, '', '', x'', 0, 0, '', x'', 0, ?2)
    on conflict (id) do update set watchers = excluded.watchers";

/// The row of a topic, or of an instance that never came, which nobody watches any more.
pub(super) const FORGET_UNWATCHED: &str = "delete from instance where id = ?1 and sequence = 0 and watchers is null";

pub(super) const INSERT_ENTRY: &str = "
    insert into trail (instance, sequence, started_at, at, input_key, bytes)
    values (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) const ERASE: &str = "delete from personal where instance = ?1";

pub(super) const INSERT_PERSONAL: &str = "
    insert into personal (instance, reference, value) values (?1, ?2, ?3)
    on conflict (instance, reference) do nothing";

pub(super) const REMOVE_TIMER: &str = "delete from timer where instance = ?1 and name = ?2";

pub(super) const ARM_TIMER: &str = "
    insert into timer (instance, name, due) values (?1, ?2, ?3)
    on conflict (instance, name) do update set due = excluded.due, attempts = 0, error = null, incident_since = null";

pub(super) const RESUME_MESSAGES: &str = "update message set deferred = 0 where receiver = ?1 and deferred = 1";

pub(super) const DEFER_MESSAGE: &str = "update message set deferred = 1 where id = ?2 and receiver = ?1";

pub(super) const FIND_MESSAGE: &str = "select id from message where id = ?2 and receiver = ?1";

pub(super) const TAKE_MESSAGE: &str = "delete from message where id = ?2 and receiver = ?1";

pub(super) const INSERT_EFFECT: &str = "
    insert into effect (instance, key, adapter, body, due, epoch, lease_node, lease_until)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    on conflict (instance, key) do nothing";

pub(super) const ABANDON_EFFECT: &str = "update effect set abandoned = 1 where instance = ?1 and key = ?2";

pub(super) const HOLD_CLAIM: &str = "
    insert into claim (id, name, value, holder) values (?1, ?2, ?3, ?4)
    on conflict (id) do nothing";

pub(super) const RELEASE_CLAIM: &str = "delete from claim where id = ?1 and holder = ?2";

pub(super) fn commit(connection: &Connection, writes: &[Write]) -> StoreResult<Vec<Applied>> {
    let mut answers = Vec::with_capacity(writes.len());
    let mut applied = Vec::with_capacity(writes.len());
    for write in writes {
        let mut answer = decide(connection, write)?;
        if answer == Applied::Committed {
            match apply(connection, write)? {
                Some(watchers) => applied.push((write, watchers)),
                None => answer = Applied::Moved,
            }
        }
        answers.push(answer);
    }
    // What a release frees and whom a change wakes is the same wherever in the batch it stands.
    let rewatched: BTreeSet<InstanceId> = applied
        .iter()
        .flat_map(|(write, _)| write.watched.iter().chain(&write.unwatched))
        .copied()
        .collect();
    applied.sort_by_key(|(write, _)| write.instance);
    for (write, mut watchers) in applied {
        release_claims(connection, write)?;
        if rewatched.contains(&write.instance) {
            watchers = watchers_of(connection, write.instance)?;
        }
        add_watchers_of_topics(connection, write, &mut watchers)?;
        wake(connection, write, &watchers)?;
    }
    Ok(answers)
}

pub(super) fn commit_one(connection: &Connection, write: &Write) -> StoreResult<Applied> {
    let mut answers = commit(connection, std::slice::from_ref(write))?;
    Ok(answers.pop().unwrap_or(Applied::Moved))
}

fn decide(connection: &Connection, write: &Write) -> StoreResult<Applied> {
    if let Some(duplicate) = repeated_key(write) {
        return Ok(duplicate);
    }
    for key in write.entries.iter().filter_map(|entry| entry.input_key) {
        let found = one(connection, FIND_INPUT, params![write.instance.0, key.0], |row| {
            row::unsigned(row, "sequence")
        })?;
        if let Some(sequence) = found {
            return Ok(Applied::Duplicate { key, sequence });
        }
    }
    if let Some(id) = gone(connection, write)? {
        return Ok(Applied::MessageGone { id });
    }
    if !is_decided_by_moving(write) && sequence_of(connection, write.instance)? != write.expected {
        return Ok(Applied::Moved);
    }
    for (read, seen) in &write.reads {
        if sequence_of(connection, *read)? != *seen {
            return Ok(Applied::ReadMoved);
        }
    }
    for before in &write.found {
        if field::found_now(connection, before)? != before.found {
            return Ok(Applied::ReadMoved);
        }
    }
    for claim in &write.claims_held {
        let found = one(connection, FIND_HOLDER, params![claim.id.0], |row| {
            Ok(InstanceId(row.get(0)?))
        })?;
        if let Some(holder) = found.filter(|holder| *holder != write.instance) {
            return Ok(Applied::ClaimHeld {
                name: claim.name.clone(),
                value: claim.value.clone(),
                holder,
            });
        }
    }
    Ok(Applied::Committed)
}

/// Whether moving the instance on says by itself whether it had moved: nothing else is to be compared after that.
fn is_decided_by_moving(write: &Write) -> bool {
    let compares = !write.reads.is_empty() || !write.found.is_empty() || !write.claims_held.is_empty();
    write.expected > 0 && !write.entries.is_empty() && !compares
}

/// The first message that is to be taken and is not there.
fn gone(connection: &Connection, write: &Write) -> StoreResult<Option<i64>> {
    let mut gone = None;
    for id in &write.messages_taken {
        let found = one(connection, FIND_MESSAGE, params![write.instance.0, id], |row| {
            row.get::<_, i64>(0)
        })?;
        if found.is_none() {
            gone = Some(gone.map_or(*id, |first: i64| first.min(*id)));
        }
    }
    Ok(gone)
}

fn sequence_of(connection: &Connection, instance: InstanceId) -> StoreResult<u64> {
    let found = one(connection, FIND_SEQUENCE, params![instance.0], |row| {
        row::unsigned(row, "sequence")
    })?;
    Ok(found.unwrap_or(0))
}

/// Answers who watches the instance; None: it had moved, and nothing was written.
fn apply(connection: &Connection, write: &Write) -> StoreResult<Option<Vec<InstanceId>>> {
    let Some(watchers) = apply_state(connection, write)? else {
        return Ok(None);
    };
    apply_personal(connection, write)?;
    apply_timers(connection, write)?;
    apply_messages(connection, write)?;
    apply_effects(connection, write)?;
    task::apply(connection, write)?;
    task_field::apply(connection, write)?;
    notice::apply(connection, write)?;
    mark::apply(connection, write)?;
    field::apply(connection, write)?;
    file::apply(connection, write)?;
    for claim in &write.claims_held {
        execute(
            connection,
            HOLD_CLAIM,
            params![claim.id.0, claim.name, claim.value, write.instance.0],
        )?;
    }
    for subject in &write.unwatched {
        let mut watchers = watchers_of(connection, *subject)?;
        if let Ok(place) = watchers.binary_search(&write.instance) {
            watchers.remove(place);
            set_watchers(connection, *subject, &watchers)?;
            if watchers.is_empty() {
                execute(connection, FORGET_UNWATCHED, params![subject.0])?;
            }
        }
    }
    for subject in &write.watched {
        let mut watchers = watchers_of(connection, *subject)?;
        if let Err(place) = watchers.binary_search(&write.instance) {
            watchers.insert(place, write.instance);
            set_watchers(connection, *subject, &watchers)?;
        }
    }
    Ok(Some(watchers))
}

fn apply_state(connection: &Connection, write: &Write) -> StoreResult<Option<Vec<InstanceId>>> {
    if write.entries.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let (id, next) = (write.instance.0, &write.next);
    let (definition, sequence, head) = (next.definition.0, signed(next.sequence), next.head.0);
    let found = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?));
    let changed = if write.expected == 0 {
        let begun = params![
            id,
            next.workflow,
            next.key,
            definition,
            sequence,
            next.done,
            next.snapshot,
            head,
            next.started_at_us
        ];
        one(connection, BEGIN_INSTANCE, begun, found)?
    } else {
        let expected = signed(write.expected);
        let moved = params![id, definition, sequence, next.done, next.snapshot, head, expected];
        one(connection, MOVE_INSTANCE, moved, found)?
    };
    let Some((started_at_us, watchers)) = changed else {
        return Ok(None);
    };
    for entry in &write.entries {
        let key = entry.input_key.map(|key| key.0);
        execute(
            connection,
            INSERT_ENTRY,
            params![id, signed(entry.sequence), started_at_us, entry.at_us, key, entry.bytes],
        )?;
    }
    row::watchers(watchers).map(Some)
}

fn apply_personal(connection: &Connection, write: &Write) -> StoreResult<()> {
    if write.erase {
        execute(connection, ERASE, params![write.instance.0])?;
    }
    for (reference, value) in &write.personal {
        execute(connection, INSERT_PERSONAL, params![write.instance.0, reference.0, value])?;
    }
    Ok(())
}

fn apply_timers(connection: &Connection, write: &Write) -> StoreResult<()> {
    for name in &write.timers_gone {
        execute(connection, REMOVE_TIMER, params![write.instance.0, name])?;
    }
    for (name, due_us) in &write.timers_armed {
        execute(connection, ARM_TIMER, params![write.instance.0, name, due_us])?;
    }
    Ok(())
}

fn apply_messages(connection: &Connection, write: &Write) -> StoreResult<()> {
    if write.resumed {
        execute(connection, RESUME_MESSAGES, params![write.instance.0])?;
    }
    for id in &write.messages_deferred {
        execute(connection, DEFER_MESSAGE, params![write.instance.0, id])?;
    }
    for id in &write.messages_taken {
        execute(connection, TAKE_MESSAGE, params![write.instance.0, id])?;
    }
    insert_messages(connection, &write.messages, write.at_us)
}

fn apply_effects(connection: &Connection, write: &Write) -> StoreResult<()> {
    let (node, until_us) = write.lease.as_ref().map(|(node, until_us)| (node, until_us)).unzip();
    let epoch = i64::from(write.lease.is_some());
    let wanted = write
        .effects
        .iter()
        .filter(|effect| !write.effects_abandoned.contains(&effect.key));
    for effect in wanted {
        let values = params![
            write.instance.0,
            effect.key,
            effect.adapter,
            effect.body,
            effect.due_us,
            epoch,
            node,
            until_us
        ];
        execute(connection, INSERT_EFFECT, values)?;
    }
    for key in &write.effects_abandoned {
        execute(connection, ABANDON_EFFECT, params![write.instance.0, key])?;
    }
    Ok(())
}

fn release_claims(connection: &Connection, write: &Write) -> StoreResult<()> {
    for claim in &write.claims_released {
        if !write.claims_held.iter().any(|held| held.id == claim.id) {
            execute(connection, RELEASE_CLAIM, params![claim.id.0, write.instance.0])?;
        }
    }
    Ok(())
}

fn watchers_of(connection: &Connection, instance: InstanceId) -> StoreResult<Vec<InstanceId>> {
    row::watchers(one(connection, FIND_WATCHERS, params![instance.0], |row| row.get(0))?.flatten())
}

fn add_watchers_of_topics(connection: &Connection, write: &Write, watchers: &mut Vec<InstanceId>) -> StoreResult<()> {
    for topic in &write.topics {
        watchers.extend(watchers_of(connection, *topic)?);
    }
    watchers.sort_unstable();
    watchers.dedup();
    Ok(())
}

fn set_watchers(connection: &Connection, instance: InstanceId, watchers: &[InstanceId]) -> StoreResult<()> {
    execute(connection, SET_WATCHERS, params![instance.0, row::watchers_blob(watchers)])?;
    Ok(())
}

fn wake(connection: &Connection, write: &Write, watchers: &[InstanceId]) -> StoreResult<()> {
    if write.entries.is_empty() || watchers.is_empty() {
        return Ok(());
    }
    let wake_up = |watcher: &InstanceId| NewMessage {
        to: *watcher,
        key: wake_key(*watcher, write.instance, write.next.sequence),
        body: wake_body(write.instance),
        due_us: write.at_us,
    };
    let wake_ups: Vec<NewMessage> = watchers.iter().map(wake_up).collect();
    insert_messages(connection, &wake_ups, write.at_us)
}
