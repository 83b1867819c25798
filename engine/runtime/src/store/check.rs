//! What every implementation asks of its arguments before it touches anything.
//!
//! Each of these would otherwise become a database error in the middle of a batch, and take the writes of others with it.

use std::collections::BTreeSet;

use statewright_core::identity::{InputKey, InstanceId};

use super::task::{NO_DUE_US, PRIORITY_MAX};
use super::{
    Applied, EffectResult, INDEXED_VALUES_MAX, MARK_PAIRS_MAX, MailEnd, MailResult, NewMessage, NewToken, STATES_MAX, StoreError,
    StoreResult, StoredCalendar, StoredDocument, StoredTable, WholeUpload, Write, field, subject,
};

/// Sequences and numbers are stored as signed 64-bit integers.
const NUMBER_MAX: u64 = i64::MAX as u64;

/// Refuses a batch that cannot be written as it stands: two writes of one instance, a sequence that does not follow from the
/// entries, a first write without entries, a task, notice, mark or index that is not as it should be, or text with a NUL character (which
/// PostgreSQL cannot hold).
pub fn check_writes(writes: &[Write]) -> StoreResult<()> {
    let mut instances = BTreeSet::new();
    for write in writes {
        if !instances.insert(write.instance) {
            return refuse(write.instance, "two writes of it in one call");
        }
        check_sequences(write)?;
        check_tasks(write)?;
        check_task_fields(write)?;
        check_notices(write)?;
        check_marks(write)?;
        check_index(write)?;
        check_files(write)?;
        if texts(write).any(has_nul) {
            return refuse(write.instance, "a NUL character in a text");
        }
    }
    Ok(())
}

/// An effect may be named once in a call, since the order of two ends of one attempt means nothing.
pub(super) fn check_results(results: &[EffectResult]) -> StoreResult<()> {
    let mut effects = BTreeSet::new();
    for result in results {
        if !effects.insert((result.instance, &result.key)) {
            return refuse(result.instance, "two ends of one effect in one call");
        }
        let answer_has_nul = match &result.end {
            super::EffectEnd::Answered(message) => has_nul(&message.body),
            super::EffectEnd::Postponed { error, .. } | super::EffectEnd::Incident { error } => has_nul(error),
            super::EffectEnd::Dropped => false,
        };
        if answer_has_nul || has_nul(&result.key) {
            return refuse(result.instance, "a NUL character in the end of an effect");
        }
    }
    Ok(())
}

pub(super) fn check_mails(results: &[MailResult]) -> StoreResult<()> {
    let mut mails = BTreeSet::new();
    for result in results {
        if !mails.insert((result.lease.instance, &result.lease.name)) {
            return refuse(result.lease.instance, "two ends of one mail in one call");
        }
        let has_nul = match &result.end {
            MailEnd::Gone => false,
            MailEnd::For(people) => people.iter().any(|(person, _)| has_nul(person)),
            MailEnd::Postponed { error, .. } => error.as_deref().is_some_and(has_nul),
            MailEnd::Incident { error } => has_nul(error),
        };
        if has_nul {
            return refuse(result.lease.instance, "a NUL character in the end of a mail");
        }
    }
    Ok(())
}

pub(super) fn check_answer(answer: Option<&NewMessage>) -> StoreResult<()> {
    match answer {
        Some(message) if has_nul(&message.body) => refuse(message.to, "a NUL character in a message"),
        _ => Ok(()),
    }
}

pub(super) fn check_token(token: &NewToken) -> StoreResult<()> {
    if has_nul(&token.id) || has_nul(&token.principal) {
        return Err(StoreError::Refused("a token with a NUL character".into()));
    }
    Ok(())
}

pub(super) fn check_upload(whole: &WholeUpload) -> StoreResult<()> {
    check_text("the file's name", &whole.name)?;
    check_text("the file's media type", &whole.media_type)
}

pub(super) fn check_calendar(calendar: &StoredCalendar) -> StoreResult<()> {
    check_text("the calendar's source", &calendar.source)?;
    check_text("the calendar's name", &calendar.name)
}

pub(super) fn check_document(document: &StoredDocument, by: &str) -> StoreResult<()> {
    check_text("the document's source", &document.source)?;
    check_text("the document's kind", &document.kind)?;
    check_text("the document's name", &document.name)?;
    check_text("the actor", by)
}

pub(super) fn check_table(table: &StoredTable, by: &str) -> StoreResult<()> {
    check_text("the table's source", &table.source)?;
    check_text("the table's name", &table.name)?;
    check_text("the actor", by)
}

pub(super) fn check_text(what: &str, text: &str) -> StoreResult<()> {
    if has_nul(text) {
        return Err(StoreError::Refused(format!("{what} has a NUL character")));
    }
    Ok(())
}

/// A key that two entries of one write carry: the second would be a repetition of the first, so nothing is written.
pub(super) fn repeated_key(write: &Write) -> Option<Applied> {
    let mut seen: Vec<(InputKey, u64)> = Vec::new();
    if write.entries.len() < 2 {
        return None;
    }
    for entry in &write.entries {
        let Some(key) = entry.input_key else { continue };
        if let Some((key, sequence)) = seen.iter().find(|(earlier, _)| *earlier == key) {
            return Some(Applied::Duplicate {
                key: *key,
                sequence: *sequence,
            });
        }
        seen.push((key, entry.sequence));
    }
    None
}

fn check_sequences(write: &Write) -> StoreResult<()> {
    let mut latest = write.expected;
    for entry in &write.entries {
        if entry.sequence <= latest {
            return refuse(write.instance, "entries whose sequences do not rise");
        }
        latest = entry.sequence;
    }
    if latest != write.next.sequence {
        return refuse(write.instance, "a next sequence that is not its last entry's");
    }
    if latest == 0 {
        return refuse(write.instance, "a first write without an entry");
    }
    if latest > NUMBER_MAX || write.reads.iter().any(|(_, sequence)| *sequence > NUMBER_MAX) {
        return refuse(write.instance, "a sequence beyond 64 bits with a sign");
    }
    Ok(())
}

fn check_tasks(write: &Write) -> StoreResult<()> {
    for task in &write.tasks {
        let fault = subject::fault(&task.subjects, false).or_else(|| match task {
            _ if task.instance != write.instance => Some("the instance of another write"),
            _ if task.priority > PRIORITY_MAX => Some("a priority that is none"),
            _ if task.due_us == Some(NO_DUE_US) => Some("a due that is none"),
            _ if task.opened > NUMBER_MAX => Some("a sequence beyond 64 bits with a sign"),
            _ => None,
        });
        if let Some(fault) = fault {
            return refuse(write.instance, &format!("task {}: {fault}", task.name));
        }
    }
    Ok(())
}

fn check_task_fields(write: &Write) -> StoreResult<()> {
    let pairs = write.task_fields.iter().map(|(_, (field, value))| (&**field, &**value));
    let is_put = |name: &str| write.tasks.iter().any(|task| *task.name == *name);
    let of_none = write.task_fields.iter().any(|(name, _)| !is_put(name));
    let fault = of_none.then_some("a field of a task that is not put");
    match fault.or_else(|| field::fault(pairs, usize::MAX)) {
        Some(fault) => refuse(write.instance, fault),
        None => Ok(()),
    }
}

fn check_notices(write: &Write) -> StoreResult<()> {
    let mut numbers = BTreeSet::new();
    for notice in &write.notices {
        let is_of_an_entry = write.entries.iter().any(|entry| entry.sequence == notice.sequence);
        let fault = subject::fault(&notice.subjects, true).or_else(|| match notice {
            _ if !is_of_an_entry => Some("it belongs to none of the entries"),
            _ if !numbers.insert((notice.sequence, notice.ordinal)) => Some("two of one number"),
            _ => None,
        });
        if let Some(fault) = fault {
            return refuse(
                write.instance,
                &format!("notice {}/{}: {fault}", notice.sequence, notice.ordinal),
            );
        }
    }
    Ok(())
}

fn check_marks(write: &Write) -> StoreResult<()> {
    let mut numbers = BTreeSet::new();
    let marks = write
        .marks
        .iter()
        .map(|mark| (mark.sequence, mark.ordinal, &mark.name, mark.index.as_slice()));
    let back = write
        .marks_back
        .iter()
        .map(|back| (back.sequence, back.ordinal, &back.name, [].as_slice()));
    for (sequence, ordinal, name, index) in marks.chain(back) {
        let pairs = index.iter().map(|(field, value)| (&**field, &**value));
        let fault = field::fault(pairs, MARK_PAIRS_MAX).or_else(|| {
            if !write.entries.iter().any(|entry| entry.sequence == sequence) {
                return Some("it belongs to none of the entries");
            }
            (!numbers.insert((sequence, ordinal))).then_some("two of one number")
        });
        if let Some(fault) = fault {
            return refuse(write.instance, &format!("mark {name}: {fault}"));
        }
    }
    Ok(())
}

fn check_index(write: &Write) -> StoreResult<()> {
    let pairs = write.index.iter().flatten().map(|(field, value)| (&**field, &**value));
    let states = write.states.iter().flatten().map(|state| (&**state, ""));
    let fault = field::fault(pairs, INDEXED_VALUES_MAX).or_else(|| field::fault(states, STATES_MAX));
    match fault {
        Some(fault) => refuse(write.instance, fault),
        None => Ok(()),
    }
}

fn check_files(write: &Write) -> StoreResult<()> {
    let named = write.files.iter().map(|attachment| attachment.file);
    let mut files = BTreeSet::new();
    match named.chain(write.files_gone.iter().copied()).all(|file| files.insert(file)) {
        true => Ok(()),
        false => refuse(write.instance, "one file twice"),
    }
}

fn texts(write: &Write) -> impl Iterator<Item = &str> {
    let next = [&*write.next.workflow, &*write.next.key, &*write.next.snapshot];
    let armed = write.timers_armed.iter().map(|(name, _)| &**name);
    let effects = write
        .effects
        .iter()
        .flat_map(|effect| [&*effect.key, &*effect.adapter, &*effect.body]);
    let claims = write.claims_held.iter().flat_map(|claim| [&*claim.name, &*claim.value]);
    let tasks = write.tasks.iter().flat_map(|task| {
        let own = [&*task.name, &*task.workflow, &*task.body]
            .into_iter()
            .chain(task.holder.as_deref());
        own.chain(task.subjects.iter().map(|subject| &**subject))
    });
    let task_fields = write.task_fields.iter();
    let task_fields = task_fields.flat_map(|(name, (field, value))| [&**name, &**field, &**value]);
    let notices = write.notices.iter().flat_map(|notice| {
        let subjects = notice.subjects.iter().map(|subject| &**subject);
        subjects.chain([notice.body.as_str()])
    });
    let marks = write.marks.iter().flat_map(|mark| {
        let pairs = mark.index.iter().flat_map(|(field, value)| [&**field, &**value]);
        pairs.chain([&*mark.name, &*mark.actor, mark.values.as_str()])
    });
    let index = write.index.iter().flatten().flat_map(|(field, value)| [&**field, &**value]);
    let states = write.states.iter().flatten().map(|state| &**state);
    let found = write.found.iter().flat_map(|before| {
        let query = &before.query;
        let conditions = query.conditions.iter();
        let texts = conditions.flat_map(|(field, values)| std::iter::once(field).chain(values));
        texts.chain(&query.states).chain([&query.workflow]).map(|text| &**text)
    });
    next.into_iter()
        .chain(found)
        .chain(write.entries.iter().map(|entry| &*entry.bytes))
        .chain(write.personal.iter().map(|(_, value)| &**value))
        .chain(armed)
        .chain(write.timers_gone.iter().map(|name| &**name))
        .chain(write.messages.iter().map(|message| &*message.body))
        .chain(effects)
        .chain(write.effects_abandoned.iter().map(|key| &**key))
        .chain(claims)
        .chain(tasks)
        .chain(task_fields)
        .chain(write.tasks_gone.iter().map(|name| &**name))
        .chain(notices)
        .chain(marks)
        .chain(index)
        .chain(states)
        .chain(write.marks_back.iter().map(|back| &*back.name))
        .chain(write.lease.iter().map(|(node, _)| &**node))
}

fn has_nul(text: &str) -> bool {
    text.contains('\0')
}

fn refuse<T>(instance: InstanceId, what: &str) -> StoreResult<T> {
    Err(StoreError::Refused(format!("instance {instance}: {what}")))
}
