create table meeting (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    name text not null,
    description text not null,
    room_code text not null,
    room_name text not null,
    meeting_type text not null check (meeting_type in ('instant', 'scheduled')),
    state text not null check (state in ('draft', 'ready', 'started', 'ended', 'cancelled')),
    access text not null check (access in ('public', 'organization', 'invited')),
    start_at bigint not null,
    end_at bigint not null,
    tz text not null,
    organizer_id uuid references user_account (id) on delete set null,
    provider_id uuid references provider_account (id) on delete set null,
    lobby boolean not null,
    wait_for_host boolean not null,
    password bytea,
    early_open_min bigint not null,
    grace_min bigint not null,
    max_participants bigint,
    recording_by text not null check (recording_by in ('host', 'moderators', 'nobody')),
    res_model text,
    res_id text,
    external_key text,
    series_key text,
    custom jsonb not null,
    actual_start bigint,
    actual_end bigint,
    host_arrived_at bigint,
    cancel_reason text,
    reserved_until bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    constraint meeting_room_code_key unique (room_code),
    constraint meeting_room_name_key unique (room_name),
    constraint meeting_org_id_external_key_key unique (org_id, external_key),
    check (end_at > start_at)
);
create index meeting_start_at_idx on meeting (org_id, start_at, id);
create index meeting_end_at_idx on meeting (org_id, end_at);
create index meeting_state_idx on meeting (org_id, state, start_at, id);
create index meeting_created_at_idx on meeting (org_id, created_at, id);
create index meeting_name_idx on meeting (org_id, name, id);
create index meeting_organizer_idx on meeting (org_id, organizer_id, start_at, id);
create index meeting_document_idx on meeting (org_id, res_model, res_id, start_at) where res_model is not null;
create index meeting_series_idx on meeting (org_id, series_key, start_at) where series_key is not null;
create index meeting_reserved_until_idx on meeting (reserved_until) where reserved_until is not null;
create index meeting_started_idx on meeting (end_at) where state = 'started';

create table participant (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    person text not null,
    user_id uuid references user_account (id) on delete set null,
    partner_id text,
    name text not null,
    email text,
    role text not null check (role in ('host', 'co_host', 'participant')),
    ticket text not null,
    joined_at bigint,
    left_at bigint,
    created_at bigint not null,
    constraint participant_meeting_id_person_key unique (meeting_id, person),
    constraint participant_ticket_key unique (ticket)
);
create index participant_user_idx on participant (org_id, user_id, meeting_id);
create index participant_email_idx on participant (org_id, email, meeting_id) where email is not null;

create table lobby_entry (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    token text not null,
    person text,
    name text not null,
    state text not null check (state in ('waiting', 'admitted', 'refused')),
    decided_by text,
    decided_at bigint,
    created_at bigint not null,
    constraint lobby_entry_token_key unique (token),
    constraint lobby_entry_meeting_id_person_key unique (meeting_id, person)
);
create index lobby_entry_meeting_idx on lobby_entry (meeting_id, state, created_at);
