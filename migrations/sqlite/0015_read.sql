-- The same tables and columns as migrations/postgres/0015_read.sql; a test compares them.

-- Who has read a notice, and when: its readers stand beside each other.
create table notice_read (
    instance blob not null,
    sequence integer not null,
    ordinal integer not null,
    person text not null,
    read_at integer not null,
    primary key (instance, sequence, ordinal, person)
) strict, without rowid;

-- Up to which notice somebody has read everything: one row, however many there are.
create table inbox_read (
    person text not null primary key,
    at integer not null,
    instance blob not null,
    sequence integer not null,
    ordinal integer not null,
    read_at integer not null
) strict, without rowid;
