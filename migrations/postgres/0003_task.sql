-- The same tables and columns as migrations/sqlite/0003_task.sql; a test compares them.

-- Open tasks. One without a due has the greatest number there is, so that it comes last.
create table task (
    instance uuid not null,
    name text collate "C" not null,
    opened bigint not null, -- the sequence of the entry that opened it
    opened_at bigint not null,
    workflow text collate "C" not null,
    holder text collate "C",
    priority bigint not null,
    due bigint not null,
    subjects text not null, -- as a JSON array, in the order given
    body text not null,
    primary key (instance, name)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create index task_holder on task (holder, priority, due, opened_at, instance, name) where holder is not null;

-- A row for each subject of each task, with what its queue is ordered by: a page of a queue is one walk along one index.
create table task_subject (
    instance uuid not null,
    task text collate "C" not null,
    subject text collate "C" not null,
    workflow text collate "C" not null,
    held boolean not null,
    priority bigint not null,
    due bigint not null,
    opened_at bigint not null,
    primary key (instance, task, subject)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create index task_subject_queue on task_subject (subject, held, priority, due, opened_at, instance, task);
create index task_subject_workflow on task_subject (subject, workflow, held, priority, due, opened_at, instance, task);

-- What people were told: kept as it was written.
create table notice (
    instance uuid not null,
    sequence bigint not null,
    ordinal bigint not null,
    at bigint not null,
    thread boolean not null,
    subjects text not null, -- as a JSON array, in the order given
    body text not null,
    primary key (instance, sequence, ordinal)
);

create index notice_thread on notice (instance, sequence, ordinal) where thread;

create table notice_subject (
    subject text collate "C" not null,
    at bigint not null,
    instance uuid not null,
    sequence bigint not null,
    ordinal bigint not null,
    primary key (subject, at, instance, sequence, ordinal)
);
