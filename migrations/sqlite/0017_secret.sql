-- The same tables and columns as migrations/postgres/0017_secret.sql; a test compares them.

-- Secrets of this database, made by it at random and once, so that none of them stands in any statement.
create table secret (
    name text not null primary key,
    value blob not null
) strict, without rowid;

-- The key of the digests by which instances are found that are personal.
insert into secret (name, value) values ('blind index', randomblob(32));
