create table organization (
    id blob not null primary key,
    slug text not null,
    name text not null,
    tz text not null,
    lang text not null,
    event_seq integer not null,
    created_at integer not null,
    constraint organization_slug_key unique (slug)
) strict;

create table user_account (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    external_id text not null,
    login text not null,
    name text not null,
    email text,
    role text not null check (role in ('user', 'manager', 'admin')),
    tz text,
    lang text,
    active integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint user_account_org_id_external_id_key unique (org_id, external_id),
    constraint user_account_org_id_login_key unique (org_id, login)
) strict;

create table api_key (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    kind text not null check (kind in ('service', 'user')),
    user_id blob references user_account (id) on delete cascade,
    name text not null,
    role text not null check (role in ('user', 'manager', 'admin')),
    scopes text not null,
    hash blob not null,
    expires_at integer,
    revoked_at integer,
    last_used_at integer,
    created_at integer not null,
    check ((kind = 'user') = (user_id is not null))
) strict;
create index api_key_org_id_idx on api_key (org_id, id);
