create table provider_account (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    kind text not null,
    name text not null,
    is_default integer not null,
    active integer not null,
    settings text not null,
    secrets blob,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint provider_account_org_id_name_key unique (org_id, name)
) strict;
create unique index provider_account_org_id_key on provider_account (org_id) where is_default;
