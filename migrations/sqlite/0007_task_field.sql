-- The same tables and columns as migrations/postgres/0007_task_field.sql; a test compares them.

-- By what reads find open tasks: who holds them, the roles and units that they are for, the workflow, and whether anybody holds them.
create table task_field (
    instance blob not null,
    task text not null,
    field text not null,
    value text not null,
    primary key (instance, task, field, value)
) strict, without rowid;

create index task_field_value on task_field (field, value, instance, task);

-- Those that are open already are found as well.
insert or ignore into task_field (instance, task, field, value)
select instance, name, 'workflow', workflow from task
union select instance, name, 'holder', holder from task where holder is not null
union select instance, name, 'held', 'yes' from task where holder is not null
union
select t.instance, t.name, line.column1, name.value
from task t, json_each(t.body, '$.for') as audience, json_each(audience.value, '$.any_of') as pattern,
    (values ('role'), ('unit')) as line, json_each(pattern.value, '$.' || line.column1) as name;
