create table provider_account (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null,
    name text not null,
    is_default boolean not null,
    active boolean not null,
    settings jsonb not null,
    secrets bytea,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint provider_account_org_id_name_key unique (org_id, name)
);
create unique index provider_account_org_id_key on provider_account (org_id) where is_default;
