-- What is known of the server of a provider account: when its rooms were last counted, and why not since.
create table provider_server (
    provider_id blob not null primary key references provider_account (id) on delete cascade,
    org_id blob not null references organization (id) on delete cascade,
    counted_at integer,
    rooms integer,
    participants integer,
    trouble text,
    troubled_at integer
) strict;

-- Machines that record at a server, by what they last said of themselves.
create table provider_recorder (
    provider_id blob not null references provider_account (id) on delete cascade,
    recorder text not null,
    org_id blob not null references organization (id) on delete cascade,
    status text not null,
    health text not null,
    heard_at integer not null,
    primary key (provider_id, recorder)
) strict;
