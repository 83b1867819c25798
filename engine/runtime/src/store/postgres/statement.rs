//! The statement of a batch: one data-modifying statement is one transaction and one round trip.
//!
//! What is a repetition is decided on what was committed when the statement began; whether an instance has moved on, on the
//! newest version of its row, so that of two racing writes one always loses. Whatever else a write brings is joined with
//! `changed`, the instances that did move on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{PoisonError, RwLock};

use super::part::{Form, Part};
use super::{field, file, mark, notice, task, topic};

/// A wake-up's key, of (watcher, changed, sequence): what [`crate::store::wake_key`] gives, which a test compares.
macro_rules! wake_key {
    () => {
        "encode(substring(sha256(
            convert_to('statewright/input/1', 'UTF8')
            || int8send(4) || convert_to('wake', 'UTF8')
            || int8send(32) || convert_to(replace(watcher::text, '-', ''), 'UTF8')
            || int8send(32) || convert_to(replace(changed::text, '-', ''), 'UTF8')
            || int8send(length(sequence::text)) || convert_to(sequence::text, 'UTF8')
        ) from 1 for 16), 'hex')::uuid"
    };
}

/// A wake-up's text, of (changed): what [`crate::store::wake_body`] gives.
macro_rules! wake_body {
    () => {
        r#"'{"changed":"' || replace(changed::text, '-', '') || '","kind":"wake"}'"#
    };
}

/// Inputs that came before, of (instances, keys), with the sequence of the first time.
macro_rules! earlier {
    () => {
        "(
            select e.instance, e.input_key,
                (
                    select t.sequence from trail t
                    where t.started_at = (select i.started_at from instance i where i.id = e.instance)
                        and t.instance = e.instance and t.input_key = e.input_key
                ) as earlier
            from unnest($1::uuid[], $2::uuid[]) as e (instance, input_key)
        ) as asked
        where earlier is not null"
    };
}

/// Messages that are not there, of (receivers, ids).
macro_rules! absent {
    () => {
        "(
            select t.receiver, t.id,
                (select m.id from message m where m.id = t.id and m.receiver = t.receiver) as found
            from unnest($1::uuid[], $2::int8[]) as t (receiver, id)
        ) as asked
        where found is null"
    };
}

/// Asked again for the writes that lost a race, after it: a repetition is told from a race even if both came at once.
pub(super) const FIND_INPUTS: &str = concat!("select instance, input_key, earlier from ", earlier!());

/// Messages that are to be taken and are not there, asked under locks.
pub(super) const FIND_GONE: &str = concat!("select receiver, id from ", absent!());

/// Repetitions among the entries of the batch, with the sequence of the first time.
const DUPLICATE: &str = concat!(
    "
    duplicate as materialized (select instance, input_key, earlier from ",
    earlier!(),
    ")"
);

/// Messages that are to be taken and are not there. None of these can be taken out between this and the end of the statement but
/// by a commit of their receiver, which then has moved on: see `wake::bounce`.
const GONE: &str = concat!(
    "
    gone as materialized (select receiver, id from ",
    absent!(),
    ")"
);

const ALL_THERE: &str = "not exists (select from gone g where g.receiver = w.id)";

const UNREPEATED: &str = "not exists (select from duplicate d where d.instance = w.id)";

/// Instances that were there, moved on; what follows it says what they are called.
const MOVED: &str = "
    update instance i
    set definition = w.definition, sequence = w.sequence, done = w.done, snapshot = w.snapshot, head = w.head
    from unnest($1::uuid[], $2::int8[], $3::int8[], $4::bytea[], $5::bool[], $6::text[], $7::bytea[])
        as w (id, expected, sequence, definition, done, snapshot, head)
    where i.id = any ($1) and i.id = w.id and i.sequence = w.expected and {allowed}
    returning i.id, i.sequence, i.started_at, i.watchers";

const BEGUN: &str = "
    insert into instance as i (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    select w.id, w.workflow, w.key, w.definition, w.sequence, w.done, w.snapshot, w.head, w.started_at
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::int8[], $6::bool[], $7::text[], $8::bytea[], $9::int8[])
        as w (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    where {allowed}
    on conflict (id) do update
    set workflow = excluded.workflow, key = excluded.key, definition = excluded.definition, sequence = excluded.sequence,
        done = excluded.done, snapshot = excluded.snapshot, head = excluded.head, started_at = excluded.started_at
    where i.sequence = 0
    returning i.id, i.sequence, i.started_at, i.watchers";

const TOUCHED: &str = "
    select i.id, null::int8 as sequence, i.started_at, null::uuid[] as watchers
    from instance i join unnest($1::uuid[], $2::int8[]) as w (id, expected) on w.id = i.id
    where i.id = any ($1) and i.sequence = w.expected and {allowed}
    for no key update of i";

const ENTRIES: &str = "
    written as (
        insert into trail (instance, sequence, started_at, at, input_key, bytes)
        select e.instance, e.sequence, c.started_at, e.at, e.input_key, e.bytes
        from unnest($1::uuid[], $2::int8[], $3::int8[], $4::uuid[], $5::text[]) as e (instance, sequence, at, input_key, bytes)
        join changed c on c.id = e.instance
    )";

const PERSONAL: &str = "
    erased as (
        delete from personal p using changed c
        where p.instance = any ($1::uuid[]) and c.id = p.instance
            and not exists (
                select from unnest($2::uuid[], $3::bytea[]) as g (instance, reference)
                where g.instance = p.instance and g.reference = p.reference
            )
    ),
    given as (
        insert into personal (instance, reference, value)
        select g.instance, g.reference, g.value
        from unnest($2::uuid[], $3::bytea[], $4::text[]) as g (instance, reference, value)
        join changed c on c.id = g.instance
        on conflict (instance, reference) do nothing
    )";

const DISARMED: &str = "
    disarmed as (
        delete from timer t using unnest($1::uuid[], $2::text[]) as g (instance, name), changed c
        where t.instance = any ($1) and t.instance = g.instance and t.name = g.name and c.id = g.instance
    )";

const ARMED: &str = "
    armed as (
        insert into timer (instance, name, due)
        select a.instance, a.name, a.due
        from unnest($1::uuid[], $2::text[], $3::int8[]) as a (instance, name, due)
        join changed c on c.id = a.instance
        on conflict (instance, name) do update
        set due = excluded.due, attempts = 0, error = null, incident_since = null
    )";

/// Who is woken by what changed, of the arguments of every statement: (ids, moments).
const WOKEN_BY_INSTANCES: &str = "(
            select c.id as changed, c.sequence, w.at, unnest(c.watchers) as watcher
            from changed c join unnest($1::uuid[], $2::int8[]) as w (id, at) on w.id = c.id
            where c.watchers is not null
        ) as wake";

/// The same with those who watch what it is found under, each once.
const WOKEN_BY_TOPICS_TOO: &str = "(
            select c.id as changed, c.sequence, w.at, unnest(c.watchers) as watcher
            from changed c join unnest($1::uuid[], $2::int8[]) as w (id, at) on w.id = c.id
            where c.watchers is not null
            union
            select c.id, c.sequence, w.at, s.watcher
            from changed c join unnest($1::uuid[], $2::int8[]) as w (id, at) on w.id = c.id join sought s on s.instance = c.id
            where c.sequence is not null
        ) as wake";

const WOKEN: &str = concat!(
    "
    woken as (
        insert into message (receiver, key, body, due, inserted_at)
        select watcher, ",
    wake_key!(),
    ", ",
    wake_body!(),
    ", at, at
        from {woken}
        order by changed, watcher
    )"
);

/// Messages come in the order of the writes, wake-ups after them.
const SENT: &str = concat!(
    "
    told as (
        insert into message (receiver, key, body, due, inserted_at)
        select receiver, key, body, due, inserted_at
        from (
            select m.place, null::uuid as changed, m.receiver, m.key, m.body, m.due, m.inserted_at
            from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int8[], $8::int8[])
                with ordinality as m (sender, receiver, key, body, due, inserted_at, place)
            join changed c on c.id = m.sender
            union all
            select null, changed, watcher, ",
    wake_key!(),
    ", ",
    wake_body!(),
    ", at, at
            from {woken}
        ) as new
        order by place nulls last, changed, receiver
    )"
);

const TAKEN: &str = "
    taken as (
        delete from message m using unnest($1::uuid[], $2::int8[]) as t (receiver, id), changed c
        where m.id = any ($2) and m.id = t.id and m.receiver = t.receiver and c.id = t.receiver
    )";

/// Of those that are taken, too: they must not be found again.
const DEFERRED: &str = "
    deferred as (
        update message m set deferred = true
        from unnest($3::uuid[], $4::int8[]) as t (receiver, id), changed c
        where m.id = any ($4) and m.id = t.id and m.receiver = t.receiver and c.id = t.receiver
    ),
    resumed as (
        update message m set deferred = false
        from changed c
        where m.receiver = any ($5::uuid[]) and m.deferred and c.id = m.receiver
            and not exists (
                select from unnest($1::uuid[] || $3, $2::int8[] || $4) as t (receiver, id)
                where t.receiver = m.receiver and t.id = m.id
            )
    )";

const INTENDED: &str = "
    intended as (
        insert into effect (instance, key, adapter, body, due, epoch, lease_node, lease_until)
        select n.instance, n.key, n.adapter, n.body, n.due, n.epoch, n.lease_node, n.lease_until
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::text[], $8::int8[])
            as n (instance, key, adapter, body, due, epoch, lease_node, lease_until)
        join changed c on c.id = n.instance
        on conflict (instance, key) do nothing
    )";

const ABANDONED: &str = "
    abandoned as (
        update effect e set abandoned = true
        from unnest($1::uuid[], $2::text[]) as a (instance, key), changed c
        where e.instance = any ($1) and e.instance = a.instance and e.key = a.key and c.id = a.instance
    )";

const RELEASED: &str = "
    released as (
        delete from claim k using unnest($1::uuid[], $2::uuid[]) as r (id, holder), changed c
        where k.id = any ($1) and k.id = r.id and k.holder = r.holder and c.id = r.holder
    )";

/// What was not applied; a repetition with its key and the sequence of the first time, and a message that is gone.
const LEFT: &str = "
    select w.id, null::uuid as input_key, null::int8 as earlier, {gone} as gone
    from unnest($1::uuid[]) as w (id)
    where not exists (select from changed c where c.id = w.id)";

const FIRST_GONE: &str = "(select min(g.id) from gone g where g.receiver = w.id)";

const LEFT_OR_REPEATED: &str = "
    select w.id, d.input_key, d.earlier, {gone} as gone
    from unnest($1::uuid[]) as w (id)
    left join duplicate d on d.instance = w.id
    where not exists (select from changed c where c.id = w.id)";

/// Arguments of every statement: (ids, moments) of its writes.
const ASKED_ARGUMENTS: usize = 2;

impl Part {
    /// Its text, with its own arguments numbered from 1, or after those of every statement where it says so.
    fn text(self) -> &'static str {
        match self {
            Part::Inputs => DUPLICATE,
            Part::Moved => MOVED,
            Part::Begun => BEGUN,
            Part::Touched => TOUCHED,
            Part::Entries => ENTRIES,
            Part::Personal => PERSONAL,
            Part::Disarmed => DISARMED,
            Part::Armed => ARMED,
            Part::Sent => SENT,
            Part::Taken => GONE,
            Part::Deferred => DEFERRED,
            Part::Intended => INTENDED,
            Part::Abandoned => ABANDONED,
            Part::Released => RELEASED,
            Part::TasksGone => task::GONE,
            Part::TasksPut => task::PUT,
            Part::Noticed => notice::KEPT,
            Part::MarksBack => mark::TAKEN_BACK,
            Part::Marked => mark::KEPT,
            Part::Indexed => field::INDEXED,
            Part::Filed => file::FILED,
            Part::Topics => topic::SOUGHT,
        }
    }

    /// Whether it decides which instances change, and not what comes with them.
    fn decides(self) -> bool {
        matches!(self, Part::Inputs | Part::Taken | Part::Topics) || self.source().is_some()
    }

    /// What gives `changed` its rows.
    fn source(self) -> Option<&'static str> {
        match self {
            Part::Moved => Some("moved"),
            Part::Begun => Some("begun"),
            Part::Touched => Some("touched"),
            _ => None,
        }
    }
}

impl Form {
    /// The text, put together once and kept for ever: there are few forms.
    pub(super) fn statement(self) -> &'static str {
        static STATEMENTS: RwLock<BTreeMap<Form, &'static str>> = RwLock::new(BTreeMap::new());
        let known = STATEMENTS.read().unwrap_or_else(PoisonError::into_inner).get(&self).copied();
        known.unwrap_or_else(|| {
            let mut statements = STATEMENTS.write().unwrap_or_else(PoisonError::into_inner);
            statements.entry(self).or_insert_with(|| self.assemble().leak())
        })
    }

    fn assemble(self) -> String {
        let (deciding, following): (Vec<Part>, Vec<Part>) = self.parts().partition(|part| part.decides());
        let sources: Vec<&str> = deciding.iter().filter_map(|part| part.source()).collect();
        let mut arguments = ASKED_ARGUMENTS;
        let mut texts: Vec<String> = deciding.into_iter().map(|part| self.text_of(part, &mut arguments)).collect();
        texts.push(changed(&sources));
        if let Some(taken) = self.taken() {
            texts.push(taken);
        }
        texts.extend(following.into_iter().map(|part| self.text_of(part, &mut arguments)));
        if !self.has(Part::Sent) {
            texts.push(WOKEN.replace("{woken}", self.woken()));
        }
        let left = if self.has(Part::Inputs) { LEFT_OR_REPEATED } else { LEFT };
        let gone = if self.has(Part::Taken) { FIRST_GONE } else { "null::int8" };
        format!("with {}{}", texts.join(", "), left.replace("{gone}", gone))
    }

    /// What is taken is looked for before anything is decided, and taken out after it: with the same arguments.
    fn taken(self) -> Option<String> {
        let mut arguments = ASKED_ARGUMENTS;
        for part in self.parts() {
            if part == Part::Taken {
                return Some(numbered(TAKEN, 0, arguments).0);
            }
            self.text_of(part, &mut arguments);
        }
        None
    }

    fn woken(self) -> &'static str {
        if self.has(Part::Topics) {
            WOKEN_BY_TOPICS_TOO
        } else {
            WOKEN_BY_INSTANCES
        }
    }

    /// When an instance may change.
    fn condition(self) -> String {
        let unrepeated = self.has(Part::Inputs).then_some(UNREPEATED);
        let all_there = self.has(Part::Taken).then_some(ALL_THERE);
        let sought = self.has(Part::Topics).then_some(topic::ALL_SOUGHT);
        let conditions: Vec<&str> = sought.into_iter().chain(unrepeated).chain(all_there).collect();
        match conditions.as_slice() {
            [] => "true".to_owned(),
            conditions => conditions.join(" and "),
        }
    }

    /// A part's text, its arguments numbered after those `before`, which it is added to.
    fn text_of(self, part: Part, before: &mut usize) -> String {
        let common = if part == Part::Sent { ASKED_ARGUMENTS } else { 0 };
        let text = part.text().replace("{woken}", self.woken());
        let (text, own) = numbered(&text, common, *before);
        *before += own;
        match part.source() {
            Some(source) => format!("{source} as ({})", text.replace("{allowed}", &self.condition())),
            None => text,
        }
    }
}

fn changed(sources: &[&str]) -> String {
    let selects: Vec<String> = sources
        .iter()
        .map(|source| format!("select id, sequence, started_at, watchers from {source}"))
        .collect();
    format!("changed as materialized ({})", selects.join(" union all "))
}

/// Numbers the arguments of a part so that its own follow the `before` of the statement; the first `common` stay as they are.
/// Answers how many are its own.
fn numbered(text: &str, common: usize, before: usize) -> (String, usize) {
    let mut numbered = String::with_capacity(text.len() + 64);
    let mut pieces = text.split('$');
    numbered.push_str(pieces.next().unwrap_or_default());
    let mut own = 0;
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        let (digits, rest) = piece.split_at(end);
        let number: usize = digits.parse().unwrap_or_default();
        let number = if number <= common {
            number
        } else {
            own = own.max(number - common);
            number - common + before
        };
        // Writing to a string cannot fail.
        let _ = write!(numbered, "${number}{rest}");
    }
    (numbered, own)
}
