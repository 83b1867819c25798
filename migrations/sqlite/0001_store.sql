-- The same tables and columns as migrations/postgres/0001_store.sql; a test compares them.
-- Identifiers are blobs of 16 bytes, digests of 32, moments microseconds since 1970, booleans 0 and 1.

create table definition (
    hash blob not null primary key,
    workflow text not null,
    source text not null,
    deployed_at integer not null
) strict;

create table live_definition (
    workflow text not null primary key,
    hash blob not null
) strict, without rowid;

-- The last number drawn for a workflow; that of the empty name is the last message's id.
create table number (
    workflow text not null primary key,
    last integer not null
) strict, without rowid;

-- A row of sequence 0 stands for an instance that is watched and does not exist yet.
create table instance (
    id blob not null primary key,
    workflow text not null,
    key text not null,
    definition blob not null,
    sequence integer not null,
    done integer not null,
    snapshot text not null,
    head blob not null,
    started_at integer not null,
    watchers blob -- the identifiers of those who watch it, one after another
) strict;

create index instance_started on instance (workflow, started_at, id);

-- Identifiers are digests, so that neighbours in an index of them are strangers: every entry would touch a page of its own, and
-- the more there are the fewer of those are in memory. Led by when its instance was started, an entry stands beside those of its time.
create table trail (
    instance blob not null,
    sequence integer not null,
    started_at integer not null, -- the instance's
    at integer not null,
    input_key blob,
    bytes text not null,
    primary key (started_at, instance, sequence)
) strict;

create unique index trail_input on trail (started_at, instance, input_key) where input_key is not null;

create trigger trail_is_not_changed before update on trail begin
    select raise(abort, 'the trail is append-only');
end;

create trigger trail_is_not_deleted before delete on trail begin
    select raise(abort, 'the trail is append-only');
end;

create table personal (
    instance blob not null,
    reference blob not null,
    value text not null,
    primary key (instance, reference)
) strict, without rowid;

create table timer (
    instance blob not null,
    name text not null,
    due integer not null,
    attempts integer not null default 0,
    error text,
    incident_since integer,
    primary key (instance, name)
) strict, without rowid;

create index timer_due on timer (due, instance, name) where incident_since is null;
create index timer_incident on timer (incident_since, instance, name) where incident_since is not null;

create table message (
    id integer not null,
    receiver blob not null,
    key blob not null,
    body text not null,
    due integer not null,
    inserted_at integer not null,
    deferred integer not null default 0,
    attempts integer not null default 0,
    error text,
    incident_since integer,
    primary key (id, receiver)
) strict, without rowid;

create index message_receiver on message (receiver, id);
-- Apart, so that a poll for what may be taken never walks over what waits for its time.
create index message_ready on message (id) where incident_since is null and deferred = 0 and due <= inserted_at;
create index message_delayed on message (due) where incident_since is null and deferred = 0 and due > inserted_at;
create index message_incident on message (incident_since, receiver) where incident_since is not null;

create table effect (
    instance blob not null,
    key text not null,
    adapter text not null,
    body text not null,
    due integer not null,
    attempts integer not null default 0,
    epoch integer not null,
    lease_node text,
    lease_until integer,
    abandoned integer not null default 0,
    error text,
    incident_since integer,
    primary key (instance, key)
) strict, without rowid;

create index effect_due on effect (due, instance, key) where incident_since is null and abandoned = 0;
create index effect_abandoned on effect (instance, key) where abandoned = 1;
create index effect_incident on effect (incident_since, instance, key) where incident_since is not null;

create table claim (
    id blob not null primary key,
    name text not null,
    value text not null,
    holder blob not null
) strict, without rowid;

create table token (
    id text not null primary key,
    hash blob not null unique,
    principal text not null,
    created_at integer not null,
    expires_at integer,
    revoked_at integer
) strict, without rowid;
