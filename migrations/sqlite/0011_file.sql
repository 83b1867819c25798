-- Files stand in the database, since that is all that nodes share. What an upload is known by stands in one row, its bytes in chunks;
-- two uploads of the same bytes share the chunks of the first.

create table file_upload (
    file blob not null primary key,
    uploader text not null,
    expires_at integer not null, -- unless it is attached by then
    size integer not null, -- bytes received so far; of all of it once it is whole
    attached integer not null, -- whether an instance names it, or did
    redundant integer not null, -- its chunks are not needed: the first upload of the same bytes has them
    whole_at integer, -- null: still being received
    sha256 blob,
    name text,
    media_type text,
    scan text
) strict;

create index file_upload_pending on file_upload (uploader, file) where attached = 0;
create index file_upload_expiry on file_upload (expires_at, file) where attached = 0;
create index file_upload_redundant on file_upload (file) where redundant = 1;
create index file_upload_content on file_upload (sha256, file) where sha256 is not null;

-- The bytes of this digest, and whose chunks they are: an upload's, which need not be there any more.
create table file_content (
    sha256 blob not null primary key,
    file blob not null
) strict;

create table file_chunk (
    file blob not null,
    number integer not null,
    bytes blob not null,
    primary key (file, number)
) strict;

-- Which instance names which file. One that stands in personal fields alone goes with them.
create table file_attachment (
    instance blob not null,
    file blob not null,
    personal integer not null,
    at integer not null,
    primary key (instance, file)
) strict, without rowid;

create index file_attachment_file on file_attachment (file, instance);
