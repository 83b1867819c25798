-- The same tables and columns as migrations/sqlite/0011_file.sql, where it says what they are for.

create table file_upload (
    file uuid not null primary key,
    uploader text collate "C" not null,
    expires_at bigint not null,
    size bigint not null,
    attached boolean not null,
    redundant boolean not null,
    whole_at bigint,
    sha256 bytea,
    name text collate "C",
    media_type text collate "C",
    scan text collate "C"
);

create index file_upload_pending on file_upload (uploader, file) where not attached;
create index file_upload_expiry on file_upload (expires_at, file) where not attached;
create index file_upload_redundant on file_upload (file) where redundant;
create index file_upload_content on file_upload (sha256, file) where sha256 is not null;

create table file_content (
    sha256 bytea not null primary key,
    file uuid not null
);

create table file_chunk (
    file uuid not null,
    number bigint not null,
    bytes bytea not null,
    primary key (file, number)
);

-- Most files are compressed already.
alter table file_chunk alter column bytes set storage external;

create table file_attachment (
    instance uuid not null,
    file uuid not null,
    personal boolean not null,
    at bigint not null,
    primary key (instance, file)
);

create index file_attachment_file on file_attachment (file, instance);
