-- Who runs on this database, as each node says itself every few seconds; nothing rests on it.
create table node (
    node text collate "C" not null primary key,
    version text not null,
    started_at bigint not null,
    seen_at bigint not null,
    is_gone boolean not null,
    taken_lately bigint not null,
    waiting bigint not null,
    memory_bytes bigint
) with (autovacuum_vacuum_threshold = 1000);
