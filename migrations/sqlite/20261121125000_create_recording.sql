create table recording (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    provider_id blob references provider_account (id) on delete set null,
    external_id text not null,
    kind text not null check (kind in ('video', 'audio', 'transcript', 'chat')),
    state text not null check (state in ('linked', 'fetching', 'stored', 'expired', 'failed')),
    mime text not null,
    size_bytes integer,
    sha256 text,
    link blob,
    link_expires_at integer,
    file_key text,
    started_at integer,
    ended_at integer,
    visibility text not null check (visibility in ('host', 'participants', 'organization', 'public')),
    public_token text,
    public_until integer,
    expires_at integer,
    error text,
    created_at integer not null,
    updated_at integer not null,
    constraint recording_meeting_id_external_id_key unique (meeting_id, external_id),
    constraint recording_public_token_key unique (public_token)
) strict;
create index recording_org_idx on recording (org_id, id);
create index recording_expires_at_idx on recording (expires_at) where expires_at is not null;
