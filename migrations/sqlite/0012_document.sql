-- What is deployed by itself and read by people alone: views and portals, told apart by their kind. Every version that was ever deployed is
-- kept, so that it can be said what somebody was shown.

create table document (
    version blob not null primary key,
    kind text not null,
    name text not null,
    source text not null,
    deployed_at integer not null
) strict;

create table live_document (
    kind text not null,
    name text not null,
    version blob not null,
    primary key (kind, name)
) strict, without rowid;

-- A line for each time that a version was made live; `entry` is the sequence of the entry in the system's trail that says so.
create table document_deployment (
    kind text not null,
    name text not null,
    entry integer not null,
    version blob not null,
    at integer not null,
    actor text not null,
    primary key (kind, name, entry)
) strict, without rowid;
