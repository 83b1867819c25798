//! The statements of a batch: one data-modifying statement is one transaction and one round trip.
//!
//! What is a repetition is decided on what was committed when the statement began; whether an instance has moved on, on the
//! newest version of its row, so that of two racing writes one always loses. Whatever else a write brings is joined with
//! `changed`, the instances that did move on.
//!
//! Two forms of the same, since a batch in which nothing but instances and the trail changes is both the most frequent and a
//! third faster without the rest. The arguments of the first are the first ones of the second.

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

/// Repetitions among the entries of the batch, with the sequence of the first time.
macro_rules! duplicate {
    () => {
        "duplicate as materialized (
            select instance, input_key, earlier
            from (
                select e.instance, e.input_key,
                    (select t.sequence from trail t where t.instance = e.instance and t.input_key = e.input_key) as earlier
                from unnest($9::uuid[], $12::uuid[]) as e (instance, input_key)
            ) as asked
            where earlier is not null
        )"
    };
}

/// Instances that were there, moved on.
macro_rules! moved {
    () => {
        "moved as (
            update instance i
            set definition = w.definition, sequence = w.sequence, done = w.done, snapshot = w.snapshot, head = w.head
            from unnest($1::uuid[], $2::int8[], $3::int8[], $4::bytea[], $5::bool[], $6::text[], $7::bytea[], $8::int8[])
                as w (id, expected, sequence, definition, done, snapshot, head, at)
            where i.id = any ($1) and i.id = w.id and i.sequence = w.expected
                and not exists (select from duplicate d where d.instance = w.id)
            returning i.id, i.sequence, i.watchers, w.at
        )"
    };
}

/// The entries of those that changed.
macro_rules! written {
    ($changed:literal) => {
        concat!(
            "written as (
                insert into trail (instance, sequence, at, input_key, bytes)
                select e.instance, e.sequence, e.at, e.input_key, e.bytes
                from unnest($9::uuid[], $10::int8[], $11::int8[], $12::uuid[], $13::text[])
                    as e (instance, sequence, at, input_key, bytes)
                join ",
            $changed,
            " c on c.id = e.instance
            )"
        )
    };
}

/// Writes that move on instances that exist, and add to their trail; nothing else.
/// Gives back those that were not applied; a repetition with its key and the sequence of the first time.
pub(super) const COMMIT_LEAN: &str = concat!(
    "with ",
    duplicate!(),
    ", ",
    moved!(),
    ", ",
    written!("moved"),
    ", woken as (
        insert into message (receiver, key, body, due, inserted_at)
        select watcher, ",
    wake_key!(),
    ", ",
    wake_body!(),
    ", at, at
        from (select id as changed, sequence, at, unnest(watchers) as watcher from moved) as wake
        order by changed, watcher
    )
    select w.id, d.input_key, d.earlier
    from unnest($1::uuid[]) as w (id)
    left join duplicate d on d.instance = w.id
    where not exists (select from moved where moved.id = w.id)"
);

/// Everything a write can bring but reads, claims to hold and watches, which are settled before.
/// Gives back those that were not applied; a repetition with its key and the sequence of the first time.
pub(super) const COMMIT_FULL: &str = concat!(
    "with ",
    duplicate!(),
    ", ",
    moved!(),
    ", begun as (
        insert into instance as i (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
        select w.id, w.workflow, w.key, w.definition, w.sequence, w.done, w.snapshot, w.head, w.started_at
        from unnest($14::uuid[], $15::text[], $16::text[], $17::bytea[], $18::int8[], $19::bool[], $20::text[], $21::bytea[],
            $22::int8[]) as w (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
        where not exists (select from duplicate d where d.instance = w.id)
        on conflict (id) do update
        set workflow = excluded.workflow, key = excluded.key, definition = excluded.definition, sequence = excluded.sequence,
            done = excluded.done, snapshot = excluded.snapshot, head = excluded.head, started_at = excluded.started_at
        where i.sequence = 0
        returning i.id, i.sequence, i.watchers
    ),
    touched as (
        select i.id
        from instance i join unnest($23::uuid[], $24::int8[]) as w (id, expected) on w.id = i.id
        where i.id = any ($23) and i.sequence = w.expected
        for no key update of i
    ),
    changed as materialized (
        select id, sequence, watchers from moved
        union all select id, sequence, watchers from begun
        union all select id, null, null from touched
    ),
    ",
    written!("changed"),
    ", erased as (
        delete from personal p using changed c
        where p.instance = any ($27::uuid[]) and c.id = p.instance
            and not exists (
                select from unnest($28::uuid[], $29::bytea[]) as g (instance, reference)
                where g.instance = p.instance and g.reference = p.reference
            )
    ),
    given as (
        insert into personal (instance, reference, value)
        select g.instance, g.reference, g.value
        from unnest($28::uuid[], $29::bytea[], $30::text[]) as g (instance, reference, value)
        join changed c on c.id = g.instance
        on conflict (instance, reference) do nothing
    ),
    disarmed as (
        delete from timer t using unnest($31::uuid[], $32::text[]) as g (instance, name), changed c
        where t.instance = any ($31) and t.instance = g.instance and t.name = g.name and c.id = g.instance
    ),
    armed as (
        insert into timer (instance, name, due)
        select a.instance, a.name, a.due
        from unnest($33::uuid[], $34::text[], $35::int8[]) as a (instance, name, due)
        join changed c on c.id = a.instance
        on conflict (instance, name) do update
        set due = excluded.due, attempts = 0, error = null, incident_since = null
    ),
    told as (
        insert into message (receiver, key, body, due, inserted_at)
        select receiver, key, body, due, inserted_at
        from (
            select m.place, null::uuid as changed, m.receiver, m.key, m.body, m.due, m.inserted_at
            from unnest($36::uuid[], $37::uuid[], $38::uuid[], $39::text[], $40::int8[], $41::int8[])
                with ordinality as m (sender, receiver, key, body, due, inserted_at, place)
            join changed c on c.id = m.sender
            union all
            select null, changed, watcher, ",
    wake_key!(),
    ", ",
    wake_body!(),
    ", at, at
            from (
                select c.id as changed, c.sequence, w.at, unnest(c.watchers) as watcher
                from changed c join unnest($25::uuid[], $26::int8[]) as w (id, at) on w.id = c.id
                where c.watchers is not null
            ) as wake
        ) as new
        order by place nulls last, changed, receiver
    ),
    taken as (
        delete from message m using unnest($42::uuid[], $43::int8[]) as t (receiver, id), changed c
        where m.id = any ($43) and m.id = t.id and m.receiver = t.receiver and c.id = t.receiver
    ),
    deferred as (
        update message m set deferred = true
        from unnest($44::uuid[], $45::int8[]) as t (receiver, id), changed c
        where m.id = any ($45) and m.id = t.id and m.receiver = t.receiver and c.id = t.receiver
    ),
    resumed as (
        update message m set deferred = false
        from changed c
        where m.receiver = any ($46::uuid[]) and m.deferred and c.id = m.receiver
            and not exists (
                select from unnest($42 || $44, $43 || $45) as t (receiver, id) where t.receiver = m.receiver and t.id = m.id
            )
    ),
    intended as (
        insert into effect (instance, key, adapter, body, due, epoch, lease_node, lease_until)
        select n.instance, n.key, n.adapter, n.body, n.due, n.epoch, n.lease_node, n.lease_until
        from unnest($47::uuid[], $48::text[], $49::text[], $50::text[], $51::int8[], $52::int8[], $53::text[], $54::int8[])
            as n (instance, key, adapter, body, due, epoch, lease_node, lease_until)
        join changed c on c.id = n.instance
        on conflict (instance, key) do nothing
    ),
    abandoned as (
        update effect e set abandoned = true
        from unnest($55::uuid[], $56::text[]) as a (instance, key), changed c
        where e.instance = any ($55) and e.instance = a.instance and e.key = a.key and c.id = a.instance
    ),
    released as (
        delete from claim k using unnest($57::uuid[], $58::uuid[]) as r (id, holder), changed c
        where k.id = any ($57) and k.id = r.id and k.holder = r.holder and c.id = r.holder
    )
    select w.id, d.input_key, d.earlier
    from unnest($25::uuid[]) as w (id)
    left join duplicate d on d.instance = w.id
    where not exists (select from changed c where c.id = w.id)"
);
