-- The same tables and columns as migrations/sqlite/0015_read.sql; a test compares them.

-- Who has read a notice, and when: its readers stand beside each other.
create table notice_read (
    instance uuid not null,
    sequence bigint not null,
    ordinal bigint not null,
    person text collate "C" not null,
    read_at bigint not null,
    primary key (instance, sequence, ordinal, person)
);

-- Up to which notice somebody has read everything: one row, however many there are.
create table inbox_read (
    person text collate "C" not null primary key,
    at bigint not null,
    instance uuid not null,
    sequence bigint not null,
    ordinal bigint not null,
    read_at bigint not null
);
