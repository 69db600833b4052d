-- What is known of the server of a provider account: when its rooms were last counted, and why not since.
create table provider_server (
    provider_id uuid not null primary key references provider_account (id) on delete cascade,
    org_id uuid not null references organization (id) on delete cascade,
    counted_at bigint,
    rooms bigint,
    participants bigint,
    trouble text,
    troubled_at bigint
);

-- Machines that record at a server, by what they last said of themselves.
create table provider_recorder (
    provider_id uuid not null references provider_account (id) on delete cascade,
    recorder text not null,
    org_id uuid not null references organization (id) on delete cascade,
    status text not null,
    health text not null,
    heard_at bigint not null,
    primary key (provider_id, recorder)
);
