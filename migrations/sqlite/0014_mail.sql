-- What is to be mailed: one row for a notice until it is known whom it reaches (`person` is null), then one for each of them. `name` says
-- sequence, ordinal and person; `letter` is the mail in which it is sent, or was before a crash. The notice itself stands in `notice`.

create table mail (
    instance blob not null,
    name text not null,
    sequence integer not null,
    ordinal integer not null,
    person text,
    at integer not null,
    due integer not null,
    attempts integer not null default 0,
    epoch integer not null default 0,
    lease_node text,
    lease_until integer,
    letter text,
    error text,
    incident_since integer,
    primary key (instance, name)
) strict, without rowid;

create index mail_due on mail (due, instance, name) where incident_since is null;
create index mail_incident on mail (incident_since, instance, name) where incident_since is not null;
