-- The same tables and columns as migrations/sqlite/0001_store.sql; a test compares them.
--
-- Moments are microseconds since 1970. Text is compared by its bytes (collate "C"), as everywhere else in the engine.
-- Every key of a table that grows holds the instance's identifier (a claim's its own), so that each can be partitioned by it.
-- No foreign keys: the sequence's fence keeps what belongs together, and checking it again costs a third of every commit.

create table definition (
    hash bytea not null primary key,
    workflow text collate "C" not null,
    source text not null,
    deployed_at bigint not null
);

create table live_definition (
    workflow text collate "C" not null primary key,
    hash bytea not null
);

-- The last number drawn for a workflow.
create table number (
    workflow text collate "C" not null primary key,
    last bigint not null
) with (fillfactor = 50);

-- A row of sequence 0 stands for an instance that is watched and does not exist yet.
-- Its index is over columns that never change, and its pages keep room: an update stays on its page and touches no index.
create table instance (
    id uuid not null primary key,
    workflow text collate "C" not null,
    key text collate "C" not null,
    definition bytea not null,
    sequence bigint not null,
    done boolean not null,
    snapshot text not null,
    head bytea not null,
    started_at bigint not null,
    watchers uuid[]
) with (fillfactor = 75);

create index instance_started on instance (workflow, started_at, id);

-- Identifiers are digests, so that neighbours in an index of them are strangers: every entry would touch a page of its own, and
-- the more there are the fewer of those are in memory. Led by when its instance was started, an entry stands beside those of its time.
create table trail (
    instance uuid not null,
    sequence bigint not null,
    started_at bigint not null, -- the instance's
    at bigint not null,
    input_key uuid,
    bytes text not null,
    primary key (started_at, instance, sequence)
);

create unique index trail_input on trail (started_at, instance, input_key) where input_key is not null;

create function trail_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the trail is append-only';
end
$$;

create trigger trail_is_not_changed before update or delete or truncate on trail
    for each statement execute function trail_is_append_only();

create table personal (
    instance uuid not null,
    reference bytea not null,
    value text not null,
    primary key (instance, reference)
);

create table timer (
    instance uuid not null,
    name text collate "C" not null,
    due bigint not null,
    attempts bigint not null default 0,
    error text,
    incident_since bigint,
    primary key (instance, name)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create index timer_due on timer (due, instance, name) where incident_since is null;
create index timer_incident on timer (incident_since, instance, name) where incident_since is not null;

create table message (
    id bigint not null generated always as identity,
    receiver uuid not null,
    key uuid not null,
    body text not null,
    due bigint not null,
    inserted_at bigint not null,
    deferred boolean not null default false,
    attempts bigint not null default 0,
    error text,
    incident_since bigint,
    primary key (id, receiver)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create index message_receiver on message (receiver, id);
-- Apart, so that a poll for what may be taken never walks over what waits for its time.
create index message_ready on message (id) where incident_since is null and not deferred and due <= inserted_at;
create index message_delayed on message (due) where incident_since is null and not deferred and due > inserted_at;
create index message_incident on message (incident_since, receiver) where incident_since is not null;

create table effect (
    instance uuid not null,
    key text collate "C" not null,
    adapter text collate "C" not null,
    body text not null,
    due bigint not null,
    attempts bigint not null default 0,
    epoch bigint not null,
    lease_node text,
    lease_until bigint,
    abandoned boolean not null default false,
    error text,
    incident_since bigint,
    primary key (instance, key)
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
);

create index effect_due on effect (due, instance, key) where incident_since is null and not abandoned;
create index effect_abandoned on effect (instance, key) where abandoned;
create index effect_incident on effect (incident_since, instance, key) where incident_since is not null;

create table claim (
    id uuid not null primary key,
    name text collate "C" not null,
    value text collate "C" not null,
    holder uuid not null
);

create table token (
    id text collate "C" not null primary key,
    hash bytea not null unique,
    principal text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint
);
