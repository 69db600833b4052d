create table calendar_authorization (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    kind text not null check (kind in ('google', 'microsoft')),
    token_hash blob not null,
    state_hash blob,
    verifier blob,
    expires_at integer not null,
    created_at integer not null,
    constraint calendar_authorization_token_hash_key unique (token_hash),
    constraint calendar_authorization_state_hash_key unique (state_hash)
) strict;
create index calendar_authorization_expires_at_idx on calendar_authorization (expires_at);

create table calendar_connection (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    kind text not null check (kind in ('google', 'microsoft')),
    account text not null,
    tokens blob not null,
    state text not null check (state in ('connected', 'lost', 'leaving')),
    read_at integer,
    next_read_at integer not null,
    last_error text,
    intervals integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint calendar_connection_account_key unique (org_id, user_id, kind, account)
) strict;
create index calendar_connection_due_idx on calendar_connection (next_read_at) where state = 'connected';

alter table busy add column connection_id blob references calendar_connection (id) on delete cascade;
create index busy_connection_idx on busy (connection_id) where connection_id is not null;
