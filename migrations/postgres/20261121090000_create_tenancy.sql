create table organization (
    id uuid not null primary key,
    slug text not null,
    name text not null,
    tz text not null,
    lang text not null,
    event_seq bigint not null,
    created_at bigint not null,
    constraint organization_slug_key unique (slug)
);

create table user_account (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    external_id text not null,
    login text not null,
    name text not null,
    email text,
    role text not null check (role in ('user', 'manager', 'admin')),
    tz text,
    lang text,
    active boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint user_account_org_id_external_id_key unique (org_id, external_id),
    constraint user_account_org_id_login_key unique (org_id, login)
);

create table api_key (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null check (kind in ('service', 'user')),
    user_id uuid references user_account (id) on delete cascade,
    name text not null,
    role text not null check (role in ('user', 'manager', 'admin')),
    scopes jsonb not null,
    hash bytea not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint,
    created_at bigint not null,
    check ((kind = 'user') = (user_id is not null))
);
create index api_key_org_id_idx on api_key (org_id, id);
