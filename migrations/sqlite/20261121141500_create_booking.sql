create table room (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    name text not null,
    location text not null,
    capacity integer,
    equipment text not null,
    tz text not null,
    hours text not null,
    active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint room_org_id_name_key unique (org_id, name)
) strict;

create table booking_link (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    owner_id blob references user_account (id) on delete cascade,
    token text not null,
    title text not null,
    description text not null,
    team text not null check (team in ('single', 'round_robin', 'collective')),
    tz text not null,
    rules text not null,
    questions text not null,
    confirmation text not null check (confirmation in ('host', 'automatic')),
    verify_email integer not null,
    provider_id blob references provider_account (id) on delete set null,
    room_id blob references room (id) on delete set null,
    embed_origins text not null,
    picture blob,
    active integer not null,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint booking_link_token_key unique (token)
) strict;
create index booking_link_owner_idx on booking_link (org_id, owner_id, id);

create table booking_link_host (
    link_id blob not null references booking_link (id) on delete cascade,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    position integer not null,
    primary key (link_id, user_id)
) strict;
create index booking_link_host_user_idx on booking_link_host (org_id, user_id);

create table booking_hold (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    link_id blob not null references booking_link (id) on delete cascade,
    token text not null,
    start_at integer not null,
    end_at integer not null,
    host_id blob,
    address text not null,
    expires_at integer not null,
    created_at integer not null,
    constraint booking_hold_token_key unique (token)
) strict;
create index booking_hold_address_idx on booking_hold (address, created_at);
create index booking_hold_expires_at_idx on booking_hold (expires_at);

create table booking (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    link_id blob references booking_link (id) on delete set null,
    meeting_id blob references meeting (id) on delete set null,
    host_id blob references user_account (id) on delete set null,
    state text not null check (state in ('unverified', 'pending', 'confirmed', 'declined', 'cancelled', 'expired')),
    start_at integer not null,
    end_at integer not null,
    seat integer,
    form text,
    name text not null,
    email text not null,
    tz text not null,
    lang text not null,
    subject text not null,
    guests text not null,
    answers text not null,
    address text not null,
    manage_token text not null,
    cancel_token text not null,
    reschedule_token text not null,
    verify_token text,
    verify_until integer,
    reason text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint booking_form_key unique (form),
    constraint booking_manage_token_key unique (manage_token),
    constraint booking_cancel_token_key unique (cancel_token),
    constraint booking_reschedule_token_key unique (reschedule_token),
    constraint booking_verify_token_key unique (verify_token),
    constraint booking_meeting_id_seat_key unique (meeting_id, seat),
    check (end_at > start_at),
    check (seat is null or seat between 1 and 1000)
) strict;
create index booking_link_idx on booking (link_id, start_at);
create index booking_start_idx on booking (org_id, start_at, id);
create index booking_host_idx on booking (org_id, host_id, start_at);
create index booking_email_idx on booking (org_id, email, created_at);
create index booking_address_idx on booking (address, created_at);
create index booking_created_idx on booking (link_id, created_at);
create index booking_verify_until_idx on booking (verify_until) where state = 'unverified';

-- Who and what is taken when. Two rows of one resource never overlap, whatever wrote them: buffers, pending bookings and holds count.
create table occupancy (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    kind text not null check (kind in ('user', 'room')),
    resource_id blob not null,
    busy_from integer not null,
    busy_to integer not null,
    before_min integer not null,
    after_min integer not null,
    meeting_id blob references meeting (id) on delete cascade,
    hold_id blob references booking_hold (id) on delete cascade,
    booking_id blob references booking (id) on delete cascade,
    expires_at integer,
    check (busy_to > busy_from),
    check (busy_to - busy_from <= 777600000)
) strict;
create index occupancy_resource_idx on occupancy (resource_id, busy_from, busy_to);
create index occupancy_meeting_idx on occupancy (meeting_id) where meeting_id is not null;
create index occupancy_hold_idx on occupancy (hold_id) where hold_id is not null;
create index occupancy_booking_idx on occupancy (booking_id) where booking_id is not null;
create index occupancy_expires_at_idx on occupancy (expires_at) where expires_at is not null;

create table busy_source (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    url blob not null,
    host text not null,
    read_at integer,
    next_read_at integer not null,
    last_error text,
    intervals integer not null,
    created_at integer not null
) strict;
create index busy_source_user_idx on busy_source (org_id, user_id, id);
create index busy_source_due_idx on busy_source (next_read_at);

create table busy (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    source_id blob references busy_source (id) on delete cascade,
    external_key text not null,
    title text not null,
    start_at integer not null,
    end_at integer not null,
    updated_at integer not null,
    constraint busy_org_id_user_id_external_key_key unique (org_id, user_id, external_key),
    check (end_at > start_at)
) strict;
create index busy_user_idx on busy (user_id, end_at, start_at);
create index busy_source_idx on busy (source_id) where source_id is not null;

-- The one writer makes these what an exclusion constraint is elsewhere. No row is longer than nine days, which bounds the search.
create trigger occupancy_overlap_insert before insert on occupancy
when exists (select 1 from occupancy o where o.resource_id = new.resource_id and o.id <> new.id
    and o.busy_from < new.busy_to and o.busy_from > new.busy_from - 777600000 and o.busy_to > new.busy_from)
begin
    select raise(abort, 'occupancy_overlap');
end;
create trigger occupancy_overlap_update before update of resource_id, busy_from, busy_to on occupancy
when exists (select 1 from occupancy o where o.resource_id = new.resource_id and o.id <> new.id
    and o.busy_from < new.busy_to and o.busy_from > new.busy_from - 777600000 and o.busy_to > new.busy_from)
begin
    select raise(abort, 'occupancy_overlap');
end;
