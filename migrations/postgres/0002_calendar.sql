-- The same tables and columns as migrations/sqlite/0002_calendar.sql, where it says what they are for.

create table calendar (
    version bytea not null primary key,
    name text collate "C" not null,
    source text not null,
    deployed_at bigint not null
);

create table live_calendar (
    name text collate "C" not null primary key,
    version bytea not null
);
