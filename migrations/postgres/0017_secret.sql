-- The same tables and columns as migrations/sqlite/0017_secret.sql; a test compares them.

-- Secrets of this database, made by it at random and once, so that none of them stands in any statement.
create table secret (
    name text collate "C" not null primary key,
    value bytea not null
);

-- The key of the digests by which instances are found that are personal: of 366 random bits.
insert into secret (name, value)
values ('blind index', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
