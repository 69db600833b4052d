-- What a meeting is at a provider that has to be called. Outlives the meeting until the provider was told.
create table provider_meeting (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null,
    provider_id blob not null,
    state text not null check (state in ('creating', 'ready', 'failed', 'cancelling', 'gone')),
    external_id text,
    detail text not null,
    link blob,
    known text not null,
    attempted integer not null,
    error text,
    fetched_at integer,
    created_at integer not null,
    updated_at integer not null,
    constraint provider_meeting_meeting_id_provider_id_key unique (meeting_id, provider_id)
) strict;
create index provider_meeting_external_idx on provider_meeting (provider_id, external_id) where external_id is not null;
create index provider_meeting_checked_idx on provider_meeting (state, fetched_at);

-- Calls per account and window, for quotas.
create table provider_usage (
    org_id blob not null references organization (id) on delete cascade,
    provider_id blob not null references provider_account (id) on delete cascade,
    day integer not null,
    calls integer not null,
    failures integer not null,
    throttled integer not null,
    creations integer not null,
    warned integer not null,
    primary key (provider_id, day)
) strict;
