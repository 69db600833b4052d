-- Who is signed in at /admin: with a key of an organization, or, where neither stands, as operator of the installation.
create table admin_session (
    token_hash bytea not null primary key,
    org_id uuid references organization (id) on delete cascade,
    key_id uuid references api_key (id) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null,
    check ((org_id is null) = (key_id is null))
);
create index admin_session_key_id_idx on admin_session (org_id, key_id);
create index admin_session_expires_at_idx on admin_session (expires_at);
