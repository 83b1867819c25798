-- The same tables and columns as migrations/sqlite/0009_identity.sql, where it says what they are for.

create table credential (
    person text collate "C" not null primary key,
    revision bigint not null,
    password text not null,
    password_set_at bigint not null,
    password_expires_at bigint,
    secret bytea,
    secret_confirmed_at bigint,
    step bigint not null,
    failures bigint not null,
    locked_until bigint
);

create table session (
    hash bytea not null primary key,
    id text collate "C" not null unique,
    person text collate "C" not null,
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    password_at bigint not null,
    second_factor_at bigint,
    origin text collate "C" not null
);

create index session_person on session (person, created_at, id);
create index session_expires on session (expires_at);
