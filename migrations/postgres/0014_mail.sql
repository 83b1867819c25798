-- The same table and columns as migrations/sqlite/0014_mail.sql, where it says what they are for.

create table mail (
    instance uuid not null,
    name text collate "C" not null,
    sequence bigint not null,
    ordinal bigint not null,
    person text collate "C",
    at bigint not null,
    due bigint not null,
    attempts bigint not null default 0,
    epoch bigint not null default 0,
    lease_node text,
    lease_until bigint,
    letter text collate "C",
    error text,
    incident_since bigint,
    primary key (instance, name)
) with (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
);

create index mail_due on mail (due, instance, name) where incident_since is null;
create index mail_incident on mail (incident_since, instance, name) where incident_since is not null;
