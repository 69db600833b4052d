-- What is asked of providers that report only to those who asked: of the whole account, or of one meeting. Outlives the account
-- until the provider was told.
create table provider_subscription (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    provider_id uuid not null,
    meeting_id uuid,
    topic text not null,
    external_id text,
    known text not null,
    expires_at bigint,
    renew_at bigint,
    error text,
    created_at bigint not null,
    updated_at bigint not null,
    constraint provider_subscription_provider_id_topic_key unique (provider_id, topic)
);
create index provider_subscription_external_idx on provider_subscription (provider_id, external_id) where external_id is not null;

-- Accounts that were deleted here, with what it takes to end their subscriptions there.
create table provider_leaving (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null,
    settings jsonb not null,
    secrets bytea,
    left_at bigint not null
);
