-- The same tables and columns as migrations/sqlite/0012_document.sql, where it says what they are for.

create table document (
    version bytea not null primary key,
    kind text collate "C" not null,
    name text collate "C" not null,
    source text not null,
    deployed_at bigint not null
);

create table live_document (
    kind text collate "C" not null,
    name text collate "C" not null,
    version bytea not null,
    primary key (kind, name)
);

create table document_deployment (
    kind text collate "C" not null,
    name text collate "C" not null,
    entry bigint not null,
    version bytea not null,
    at bigint not null,
    actor text collate "C" not null,
    primary key (kind, name, entry)
);
