-- The same tables and columns as migrations/sqlite/0004_mark.sql; a test compares them.

-- Marks that are not taken back.
create table mark (
    instance uuid not null,
    name text collate "C" not null,
    sequence bigint not null,
    ordinal bigint not null,
    at bigint not null,
    actor text not null,
    data text not null,
    primary key (instance, name, sequence, ordinal)
);

-- By what they are found; an empty field stands for each of them.
create table mark_field (
    instance uuid not null,
    sequence bigint not null,
    ordinal bigint not null,
    field text collate "C" not null,
    value text collate "C" not null,
    name text collate "C" not null,
    at bigint not null,
    primary key (instance, sequence, ordinal, field, value)
);

create index mark_field_value on mark_field (name, field, value, at, instance, sequence, ordinal);
