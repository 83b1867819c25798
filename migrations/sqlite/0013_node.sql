-- Who runs on this database, as each node says itself every few seconds; nothing rests on it.
create table node (
    node text not null primary key,
    version text not null,
    started_at integer not null,
    seen_at integer not null,
    is_gone integer not null,
    taken_lately integer not null,
    waiting integer not null,
    memory_bytes integer
) strict, without rowid;
