-- The same tables and columns as migrations/sqlite/0007_task_field.sql; a test compares them.

-- By what reads find open tasks: who holds them, the roles and units that they are for, the workflow, and whether anybody holds them.
create table task_field (
    instance uuid not null,
    task text collate "C" not null,
    field text collate "C" not null,
    value text collate "C" not null,
    primary key (instance, task, field, value)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create index task_field_value on task_field (field, value, instance, task);

-- Those that are open already are found as well.
insert into task_field (instance, task, field, value)
select instance, name, 'workflow', workflow from task
union select instance, name, 'holder', holder from task where holder is not null
union select instance, name, 'held', 'yes' from task where holder is not null
union
select t.instance, t.name, line.field, name.value
from task t, jsonb_array_elements(t.body::jsonb -> 'for') as audience, jsonb_array_elements(audience -> 'any_of') as pattern,
    (values ('role'), ('unit')) as line (field), jsonb_array_elements_text(pattern -> line.field) as name (value);
