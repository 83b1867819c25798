-- Live tables stand outside of definitions, as calendars do. Every version that was ever deployed is kept, because entries of the trail
-- name those that were asked.

create table table_version (
    version blob not null primary key,
    name text not null,
    source text not null,
    deployed_at integer not null
) strict;

create table live_table (
    name text not null primary key,
    version blob not null
) strict, without rowid;

-- A line for each time that a version was made live; `entry` is the sequence of the entry in the system's trail that says so.
create table table_deployment (
    name text not null,
    entry integer not null,
    version blob not null,
    at integer not null,
    actor text not null,
    primary key (name, entry)
) strict, without rowid;

-- Which definitions ask which live tables: a version that one of them cannot ask is not made live.
create table table_use (
    name text not null,
    definition blob not null,
    workflow text not null,
    primary key (name, definition)
) strict, without rowid;
