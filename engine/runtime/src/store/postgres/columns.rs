//! A batch of writes as the arrays that its statement takes, one for each column.

use sqlx::postgres::{PgArguments, PgBindIterExt, PgHasArrayType};
use sqlx::{Arguments, Encode, Postgres, Type};

use super::part::{Form, Part};
use super::uuid::Uuid;
use super::{field, file, mark, notice, task, topic};
use crate::store::{StoreError, StoreResult, Write};

/// What the columns of a row take beside its texts: some identifiers, digests and numbers, each with its length.
const ROW_BYTES: usize = 256;
/// As many columns as a batch of inputs and entries has, about.
const COLUMNS: usize = 24;

#[derive(Default)]
pub(super) struct Columns {
    arguments: PgArguments,
}

impl Columns {
    pub(super) fn finish(self) -> PgArguments {
        self.arguments
    }

    /// Makes room for the columns of a batch at once: by doubling, its texts would be copied as often again.
    fn reserve(&mut self, writes: &[&Write]) {
        let texts = writes.iter().map(|write| {
            let entries: usize = write.entries.iter().map(|entry| entry.bytes.len() + ROW_BYTES).sum();
            entries + write.next.snapshot.len() + ROW_BYTES
        });
        self.arguments.reserve(COLUMNS, texts.sum());
    }

    /// One value by itself.
    pub(super) fn add_one<'a, T>(&mut self, value: T) -> StoreResult<()>
    where
        T: Encode<'a, Postgres> + Type<Postgres>,
    {
        let added = self.arguments.add(value);
        added.map_err(|error| StoreError::Refused(format!("the query is too large for one statement: {error}")))
    }

    /// One array, from one value for each row.
    pub(super) fn add<'a, I, T>(&mut self, values: I) -> StoreResult<()>
    where
        I: Iterator<Item = T>,
        T: Encode<'a, Postgres> + Type<Postgres> + PgHasArrayType,
    {
        let added = self.arguments.add(values.bind_iter());
        added.map_err(|error| StoreError::Refused(format!("the batch is too large for one statement: {error}")))
    }
}

/// The arguments of a form's statement. A name that two parts of one write name is sent once: a statement cannot change a row twice.
pub(super) fn arguments(form: Form, writes: &[&Write]) -> StoreResult<PgArguments> {
    let mut columns = Columns::default();
    columns.reserve(writes);
    columns.add(writes.iter().map(|write| Uuid::from(write.instance)))?;
    columns.add(writes.iter().map(|write| write.at_us))?;
    for part in form.parts() {
        match part {
            Part::Inputs => add_inputs(&mut columns, writes)?,
            Part::Moved => add_moved(&mut columns, writes)?,
            Part::Begun => add_begun(&mut columns, writes)?,
            Part::Touched => add_touched(&mut columns, writes)?,
            Part::Entries => add_entries(&mut columns, writes)?,
            Part::Personal => add_personal(&mut columns, writes)?,
            Part::Disarmed => add_disarmed(&mut columns, writes)?,
            Part::Armed => add_armed(&mut columns, writes)?,
            Part::Sent => add_sent(&mut columns, writes)?,
            Part::Taken => add_taken(&mut columns, writes)?,
            Part::Deferred => add_deferred(&mut columns, writes)?,
            Part::Intended => add_intended(&mut columns, writes)?,
            Part::Abandoned => add_abandoned(&mut columns, writes)?,
            Part::Released => add_released(&mut columns, writes)?,
            Part::TasksGone => task::add_gone(&mut columns, writes)?,
            Part::TasksPut => task::add_put(&mut columns, writes)?,
            Part::Noticed => notice::add_kept(&mut columns, writes)?,
            Part::MarksBack => mark::add_taken_back(&mut columns, writes)?,
            Part::Marked => mark::add_kept(&mut columns, writes)?,
            Part::Indexed => field::add_indexed(&mut columns, writes)?,
            Part::Filed => file::add_filed(&mut columns, writes)?,
            Part::Topics => topic::add_sought(&mut columns, writes)?,
        }
    }
    Ok(columns.finish())
}

/// Those entries whose input may have come before.
fn add_inputs(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let keyed = || {
        let entries = of_each(writes, |write| write.entries.iter());
        entries.filter_map(|(write, entry)| entry.input_key.map(|key| (write, key)))
    };
    columns.add(keyed().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(keyed().map(|(_, key)| Uuid::from(key)))
}

fn add_moved(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let moved = by_id(writes, |write| write.expected > 0 && !write.entries.is_empty());
    let moved = || moved.iter();
    columns.add(moved().map(|write| Uuid::from(write.instance)))?;
    columns.add(moved().map(|write| signed(write.expected)))?;
    columns.add(moved().map(|write| signed(write.next.sequence)))?;
    columns.add(moved().map(|write| write.next.definition.0))?;
    columns.add(moved().map(|write| write.next.done))?;
    columns.add(moved().map(|write| write.next.snapshot.as_str()))?;
    columns.add(moved().map(|write| write.next.head.0))
}

fn add_entries(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let entries = || of_each(writes, |write| write.entries.iter());
    columns.add(entries().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(entries().map(|(_, entry)| signed(entry.sequence)))?;
    columns.add(entries().map(|(_, entry)| entry.at_us))?;
    columns.add(entries().map(|(_, entry)| entry.input_key.map(Uuid::from)))?;
    columns.add(entries().map(|(_, entry)| entry.bytes.as_str()))
}

fn add_begun(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let begun = by_id(writes, |write| write.expected == 0);
    let begun = || begun.iter();
    columns.add(begun().map(|write| Uuid::from(write.instance)))?;
    columns.add(begun().map(|write| &*write.next.workflow))?;
    columns.add(begun().map(|write| &*write.next.key))?;
    columns.add(begun().map(|write| write.next.definition.0))?;
    columns.add(begun().map(|write| signed(write.next.sequence)))?;
    columns.add(begun().map(|write| write.next.done))?;
    columns.add(begun().map(|write| write.next.snapshot.as_str()))?;
    columns.add(begun().map(|write| write.next.head.0))?;
    columns.add(begun().map(|write| write.next.started_at_us))
}

fn add_touched(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let touched = by_id(writes, |write| write.entries.is_empty());
    let touched = || touched.iter();
    columns.add(touched().map(|write| Uuid::from(write.instance)))?;
    columns.add(touched().map(|write| signed(write.expected)))
}

fn add_personal(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let erased = writes.iter().filter(|write| write.erase);
    let given = || of_each(writes, |write| write.personal.iter());
    columns.add(erased.map(|write| Uuid::from(write.instance)))?;
    columns.add(given().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(given().map(|(_, (reference, _))| reference.0))?;
    columns.add(given().map(|(_, (_, value))| value.as_str()))
}

fn add_disarmed(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let gone = || {
        let gone = of_each(writes, |write| write.timers_gone.iter());
        gone.filter(|(write, name)| !write.timers_armed.iter().any(|(armed, _)| armed == *name))
    };
    columns.add(gone().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(gone().map(|(_, name)| &**name))
}

fn add_armed(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let armed = || {
        let armed = of_each(writes, |write| write.timers_armed.iter().enumerate());
        armed.filter_map(|(write, (place, (name, due_us)))| {
            let is_armed_later = write.timers_armed.iter().skip(place + 1).any(|(later, _)| later == name);
            (!is_armed_later).then_some((write, name, due_us))
        })
    };
    columns.add(armed().map(|(write, ..)| Uuid::from(write.instance)))?;
    columns.add(armed().map(|(_, name, _)| &**name))?;
    columns.add(armed().map(|(.., due_us)| *due_us))
}

fn add_sent(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let messages = || of_each(writes, |write| write.messages.iter());
    columns.add(messages().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(messages().map(|(_, message)| Uuid::from(message.to)))?;
    columns.add(messages().map(|(_, message)| Uuid::from(message.key)))?;
    columns.add(messages().map(|(_, message)| message.body.as_str()))?;
    columns.add(messages().map(|(_, message)| message.due_us))?;
    columns.add(messages().map(|(write, _)| write.at_us))
}

fn add_taken(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let taken = || of_each(writes, |write| write.messages_taken.iter());
    columns.add(taken().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(taken().map(|(_, id)| *id))
}

fn add_deferred(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let deferred = || {
        let deferred = of_each(writes, |write| write.messages_deferred.iter());
        deferred.filter(|(write, id)| !write.messages_taken.contains(id))
    };
    let resumed = writes.iter().filter(|write| write.resumed);
    add_taken(columns, writes)?;
    columns.add(deferred().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(deferred().map(|(_, id)| *id))?;
    columns.add(resumed.map(|write| Uuid::from(write.instance)))
}

fn add_intended(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let effects = || {
        let effects = of_each(writes, |write| write.effects.iter());
        effects.filter(|(write, effect)| !write.effects_abandoned.contains(&effect.key))
    };
    let leases = || effects().map(|(write, _)| write.lease.as_ref());
    columns.add(effects().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(effects().map(|(_, effect)| &*effect.key))?;
    columns.add(effects().map(|(_, effect)| &*effect.adapter))?;
    columns.add(effects().map(|(_, effect)| effect.body.as_str()))?;
    columns.add(effects().map(|(_, effect)| effect.due_us))?;
    columns.add(leases().map(|lease| i64::from(lease.is_some())))?;
    columns.add(leases().map(|lease| lease.map(|(node, _)| &**node)))?;
    columns.add(leases().map(|lease| lease.map(|(_, until_us)| *until_us)))
}

fn add_abandoned(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let abandoned = || of_each(writes, |write| write.effects_abandoned.iter());
    columns.add(abandoned().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(abandoned().map(|(_, key)| &**key))
}

fn add_released(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let released = || {
        let released = of_each(writes, |write| write.claims_released.iter());
        released.filter(|(write, claim)| !write.claims_held.iter().any(|held| held.id == claim.id))
    };
    columns.add(released().map(|(_, claim)| Uuid::from(claim.id)))?;
    columns.add(released().map(|(write, _)| Uuid::from(write.instance)))
}

/// Rows are locked in the order of their identifiers, so that two batches never wait for each other.
fn by_id<'a>(writes: &[&'a Write], wanted: impl Fn(&Write) -> bool) -> Vec<&'a Write> {
    let mut found: Vec<&Write> = writes.iter().filter(|write| wanted(write)).copied().collect();
    found.sort_by_key(|write| write.instance);
    found
}

/// The parts of each write, with the write.
pub(super) fn of_each<'a, P, I>(writes: &'a [&'a Write], parts: P) -> impl Iterator<Item = (&'a Write, I::Item)>
where
    P: Fn(&'a Write) -> I,
    I: Iterator,
{
    writes.iter().flat_map(move |write| parts(write).map(|part| (*write, part)))
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
