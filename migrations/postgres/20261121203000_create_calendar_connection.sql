create table calendar_authorization (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    kind text not null check (kind in ('google', 'microsoft')),
    token_hash bytea not null,
    state_hash bytea,
    verifier bytea,
    expires_at bigint not null,
    created_at bigint not null,
    constraint calendar_authorization_token_hash_key unique (token_hash),
    constraint calendar_authorization_state_hash_key unique (state_hash)
);
create index calendar_authorization_expires_at_idx on calendar_authorization (expires_at);

create table calendar_connection (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    kind text not null check (kind in ('google', 'microsoft')),
    account text not null,
    tokens bytea not null,
    state text not null check (state in ('connected', 'lost', 'leaving')),
    read_at bigint,
    next_read_at bigint not null,
    last_error text,
    intervals bigint not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint calendar_connection_account_key unique (org_id, user_id, kind, account)
);
create index calendar_connection_due_idx on calendar_connection (next_read_at) where state = 'connected';

alter table busy add column connection_id uuid references calendar_connection (id) on delete cascade;
create index busy_connection_idx on busy (connection_id) where connection_id is not null;
