-- The same tables and columns as migrations/sqlite/0005_field.sql; a test compares them.

-- By what instances are found: values of fields, under an empty field the states they are in, and under it with an empty value each
-- of them.
create table instance_field (
    instance uuid not null,
    field text collate "C" not null,
    value text collate "C" not null,
    workflow text collate "C" not null,
    primary key (instance, field, value)
) with (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
);

create index instance_field_value on instance_field (workflow, field, value, instance);
