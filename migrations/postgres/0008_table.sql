-- The same tables and columns as migrations/sqlite/0008_table.sql, where it says what they are for.

create table table_version (
    version bytea not null primary key,
    name text collate "C" not null,
    source text not null,
    deployed_at bigint not null
);

create table live_table (
    name text collate "C" not null primary key,
    version bytea not null
);

create table table_deployment (
    name text collate "C" not null,
    entry bigint not null,
    version bytea not null,
    at bigint not null,
    actor text collate "C" not null,
    primary key (name, entry)
);

create table table_use (
    name text collate "C" not null,
    definition bytea not null,
    workflow text collate "C" not null,
    primary key (name, definition)
);
