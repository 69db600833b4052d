-- What is asked of providers that report only to those who asked: of the whole account, or of one meeting. Outlives the account
-- until the provider was told.
create table provider_subscription (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    provider_id blob not null,
    meeting_id blob,
    topic text not null,
    external_id text,
    known text not null,
    expires_at integer,
    renew_at integer,
    error text,
    created_at integer not null,
    updated_at integer not null,
    constraint provider_subscription_provider_id_topic_key unique (provider_id, topic)
) strict;
create index provider_subscription_external_idx on provider_subscription (provider_id, external_id) where external_id is not null;

-- Accounts that were deleted here, with what it takes to end their subscriptions there.
create table provider_leaving (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    kind text not null,
    settings text not null,
    secrets blob,
    left_at integer not null
) strict;
