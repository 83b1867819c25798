-- The same tables and columns as migrations/postgres/0003_task.sql; a test compares them.

-- Open tasks. One without a due has the greatest number there is, so that it comes last.
create table task (
    instance blob not null,
    name text not null,
    opened integer not null, -- the sequence of the entry that opened it
    opened_at integer not null,
    workflow text not null,
    holder text,
    priority integer not null,
    due integer not null,
    subjects text not null, -- as a JSON array, in the order given
    body text not null,
    primary key (instance, name)
) strict, without rowid;

create index task_holder on task (holder, priority, due, opened_at, instance, name) where holder is not null;

-- A row for each subject of each task, with what its queue is ordered by: a page of a queue is one walk along one index.
create table task_subject (
    instance blob not null,
    task text not null,
    subject text not null,
    workflow text not null,
    held integer not null,
    priority integer not null,
    due integer not null,
    opened_at integer not null,
    primary key (instance, task, subject)
) strict, without rowid;

create index task_subject_queue on task_subject (subject, held, priority, due, opened_at, instance, task);
create index task_subject_workflow on task_subject (subject, workflow, held, priority, due, opened_at, instance, task);

-- What people were told: kept as it was written.
create table notice (
    instance blob not null,
    sequence integer not null,
    ordinal integer not null,
    at integer not null,
    thread integer not null,
    subjects text not null, -- as a JSON array, in the order given
    body text not null,
    primary key (instance, sequence, ordinal)
) strict, without rowid;

create index notice_thread on notice (instance, sequence, ordinal) where thread = 1;

create table notice_subject (
    subject text not null,
    at integer not null,
    instance blob not null,
    sequence integer not null,
    ordinal integer not null,
    primary key (subject, at, instance, sequence, ordinal)
) strict, without rowid;
