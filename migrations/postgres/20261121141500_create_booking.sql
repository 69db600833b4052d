create extension if not exists btree_gist;

create table room (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    name text not null,
    location text not null,
    capacity bigint,
    equipment jsonb not null,
    tz text not null,
    hours jsonb not null,
    active boolean not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint room_org_id_name_key unique (org_id, name)
);

create table booking_link (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    owner_id uuid references user_account (id) on delete cascade,
    token text not null,
    title text not null,
    description text not null,
    team text not null check (team in ('single', 'round_robin', 'collective')),
    tz text not null,
    rules jsonb not null,
    questions jsonb not null,
    confirmation text not null check (confirmation in ('host', 'automatic')),
    verify_email boolean not null,
    provider_id uuid references provider_account (id) on delete set null,
    room_id uuid references room (id) on delete set null,
    embed_origins jsonb not null,
    picture bytea,
    active boolean not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint booking_link_token_key unique (token)
);
create index booking_link_owner_idx on booking_link (org_id, owner_id, id);

create table booking_link_host (
    link_id uuid not null references booking_link (id) on delete cascade,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    position bigint not null,
    primary key (link_id, user_id)
);
create index booking_link_host_user_idx on booking_link_host (org_id, user_id);

create table booking_hold (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    link_id uuid not null references booking_link (id) on delete cascade,
    token text not null,
    start_at bigint not null,
    end_at bigint not null,
    host_id uuid,
    address text not null,
    expires_at bigint not null,
    created_at bigint not null,
    constraint booking_hold_token_key unique (token)
);
create index booking_hold_address_idx on booking_hold (address, created_at);
create index booking_hold_expires_at_idx on booking_hold (expires_at);

create table booking (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    link_id uuid references booking_link (id) on delete set null,
    meeting_id uuid references meeting (id) on delete set null,
    host_id uuid references user_account (id) on delete set null,
    state text not null check (state in ('unverified', 'pending', 'confirmed', 'declined', 'cancelled', 'expired')),
    start_at bigint not null,
    end_at bigint not null,
    seat bigint,
    form text,
    name text not null,
    email text not null,
    tz text not null,
    lang text not null,
    subject text not null,
    guests jsonb not null,
    answers jsonb not null,
    address text not null,
    manage_token text not null,
    cancel_token text not null,
    reschedule_token text not null,
    verify_token text,
    verify_until bigint,
    reason text,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint booking_form_key unique (form),
    constraint booking_manage_token_key unique (manage_token),
    constraint booking_cancel_token_key unique (cancel_token),
    constraint booking_reschedule_token_key unique (reschedule_token),
    constraint booking_verify_token_key unique (verify_token),
    constraint booking_meeting_id_seat_key unique (meeting_id, seat),
    check (end_at > start_at),
    check (seat is null or seat between 1 and 1000)
);
create index booking_link_idx on booking (link_id, start_at);
create index booking_start_idx on booking (org_id, start_at, id);
create index booking_host_idx on booking (org_id, host_id, start_at);
create index booking_email_idx on booking (org_id, email, created_at);
create index booking_address_idx on booking (address, created_at);
create index booking_created_idx on booking (link_id, created_at);
create index booking_verify_until_idx on booking (verify_until) where state = 'unverified';

-- Who and what is taken when. Two rows of one resource never overlap, whatever wrote them: buffers, pending bookings and holds count.
create table occupancy (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null check (kind in ('user', 'room')),
    resource_id uuid not null,
    busy_from bigint not null,
    busy_to bigint not null,
    before_min bigint not null,
    after_min bigint not null,
    meeting_id uuid references meeting (id) on delete cascade,
    hold_id uuid references booking_hold (id) on delete cascade,
    booking_id uuid references booking (id) on delete cascade,
    expires_at bigint,
    check (busy_to > busy_from),
    check (busy_to - busy_from <= 777600000),
    constraint occupancy_overlap exclude using gist (resource_id with =, int8range(busy_from, busy_to) with &&)
);
create index occupancy_resource_idx on occupancy (resource_id, busy_from, busy_to);
create index occupancy_meeting_idx on occupancy (meeting_id) where meeting_id is not null;
create index occupancy_hold_idx on occupancy (hold_id) where hold_id is not null;
create index occupancy_booking_idx on occupancy (booking_id) where booking_id is not null;
create index occupancy_expires_at_idx on occupancy (expires_at) where expires_at is not null;

create table busy_source (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    url bytea not null,
    host text not null,
    read_at bigint,
    next_read_at bigint not null,
    last_error text,
    intervals bigint not null,
    created_at bigint not null
);
create index busy_source_user_idx on busy_source (org_id, user_id, id);
create index busy_source_due_idx on busy_source (next_read_at);

create table busy (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    source_id uuid references busy_source (id) on delete cascade,
    external_key text not null,
    title text not null,
    start_at bigint not null,
    end_at bigint not null,
    updated_at bigint not null,
    constraint busy_org_id_user_id_external_key_key unique (org_id, user_id, external_key),
    check (end_at > start_at)
);
create index busy_user_idx on busy (user_id, end_at, start_at);
create index busy_source_idx on busy (source_id) where source_id is not null;
