-- The same tables and columns as migrations/postgres/0005_field.sql; a test compares them.

-- By what instances are found: values of fields, under an empty field the states they are in, and under it with an empty value each
-- of them.
create table instance_field (
    instance blob not null,
    field text not null,
    value text not null,
    workflow text not null,
    primary key (instance, field, value)
) strict, without rowid;

create index instance_field_value on instance_field (workflow, field, value, instance);
