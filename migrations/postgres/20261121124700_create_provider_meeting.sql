-- What a meeting is at a provider that has to be called. Outlives the meeting until the provider was told.
create table provider_meeting (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null,
    provider_id uuid not null,
    state text not null check (state in ('creating', 'ready', 'failed', 'cancelling', 'gone')),
    external_id text,
    detail jsonb not null,
    link bytea,
    known text not null,
    attempted boolean not null,
    error text,
    fetched_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    constraint provider_meeting_meeting_id_provider_id_key unique (meeting_id, provider_id)
);
create index provider_meeting_external_idx on provider_meeting (provider_id, external_id) where external_id is not null;
create index provider_meeting_checked_idx on provider_meeting (state, fetched_at);

-- Calls per account and window, for quotas.
create table provider_usage (
    org_id uuid not null references organization (id) on delete cascade,
    provider_id uuid not null references provider_account (id) on delete cascade,
    day bigint not null,
    calls bigint not null,
    failures bigint not null,
    throttled bigint not null,
    creations bigint not null,
    warned boolean not null,
    primary key (provider_id, day)
);
