create table recording (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    provider_id uuid references provider_account (id) on delete set null,
    external_id text not null,
    kind text not null check (kind in ('video', 'audio', 'transcript', 'chat')),
    state text not null check (state in ('linked', 'fetching', 'stored', 'expired', 'failed')),
    mime text not null,
    size_bytes bigint,
    sha256 text,
    link bytea,
    link_expires_at bigint,
    file_key text,
    started_at bigint,
    ended_at bigint,
    visibility text not null check (visibility in ('host', 'participants', 'organization', 'public')),
    public_token text,
    public_until bigint,
    expires_at bigint,
    error text,
    created_at bigint not null,
    updated_at bigint not null,
    constraint recording_meeting_id_external_id_key unique (meeting_id, external_id),
    constraint recording_public_token_key unique (public_token)
);
create index recording_org_idx on recording (org_id, id);
create index recording_expires_at_idx on recording (expires_at) where expires_at is not null;
