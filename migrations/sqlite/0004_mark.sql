-- The same tables and columns as migrations/postgres/0004_mark.sql; a test compares them.

-- Marks that are not taken back.
create table mark (
    instance blob not null,
    name text not null,
    sequence integer not null,
    ordinal integer not null,
    at integer not null,
    actor text not null,
    data text not null,
    primary key (instance, name, sequence, ordinal)
) strict, without rowid;

-- By what they are found; an empty field stands for each of them.
create table mark_field (
    instance blob not null,
    sequence integer not null,
    ordinal integer not null,
    field text not null,
    value text not null,
    name text not null,
    at integer not null,
    primary key (instance, sequence, ordinal, field, value)
) strict, without rowid;

create index mark_field_value on mark_field (name, field, value, at, instance, sequence, ordinal);
