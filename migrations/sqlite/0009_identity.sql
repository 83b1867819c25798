-- How people of the directory prove who they are. Nothing of it stands in a trail; that it changed, and who changed it, does.

create table credential (
    person text not null primary key,
    -- rises with every change, and each change names the one that it was made of
    revision integer not null,
    -- the PHC string of argon2id
    password text not null,
    password_set_at integer not null,
    -- of a temporary one
    password_expires_at integer,
    -- what the codes of the second factor are made of
    secret blob,
    secret_confirmed_at integer,
    -- the step of the last code that was taken: none is taken twice
    step integer not null,
    failures integer not null,
    locked_until integer
) strict, without rowid;

-- Who is signed in. `hash` is the SHA-256 of what the browser holds, which is not kept.
create table session (
    hash blob not null primary key,
    id text not null unique,
    person text not null,
    created_at integer not null,
    seen_at integer not null,
    expires_at integer not null,
    -- when it was last proved by each
    password_at integer not null,
    second_factor_at integer,
    origin text not null
) strict, without rowid;

create index session_person on session (person, created_at, id);
create index session_expires on session (expires_at);
