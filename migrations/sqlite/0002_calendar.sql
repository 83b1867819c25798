-- Calendars stand outside of definitions: instances are not pinned to one. Every version that was ever deployed is kept, because
-- entries of the trail name the one that they were counted along.

create table calendar (
    version blob not null primary key,
    name text not null,
    source text not null,
    deployed_at integer not null
) strict;

create table live_calendar (
    name text not null primary key,
    version blob not null
) strict, without rowid;
