create table calendar_entry (
    org_id uuid not null references organization (id) on delete cascade,
    subject text not null,
    sequence bigint not null,
    fingerprint text not null,
    events jsonb not null,
    ends_at bigint,
    updated_at bigint not null,
    primary key (org_id, subject)
);

create table calendar_invitee (
    org_id uuid not null references organization (id) on delete cascade,
    subject text not null,
    email text not null,
    name text,
    lang text,
    tz text,
    sequence bigint not null,
    primary key (org_id, subject, email)
);

create table calendar_import (
    org_id uuid not null references organization (id) on delete cascade,
    uid text not null,
    sequence bigint not null,
    stamp bigint not null,
    meeting_id uuid references meeting (id) on delete cascade,
    series_id uuid references meeting_series (id) on delete cascade,
    updated_at bigint not null,
    primary key (org_id, uid)
);

create table calendar_link (
    org_id uuid not null references organization (id) on delete cascade,
    link_key text not null,
    meeting_id uuid references meeting (id) on delete cascade,
    series_id uuid references meeting_series (id) on delete cascade,
    created_at bigint not null,
    primary key (org_id, link_key)
);
create index calendar_link_meeting_idx on calendar_link (org_id, meeting_id) where meeting_id is not null;

create table calendar_feed (
    token_hash bytea not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    user_id uuid not null references user_account (id) on delete cascade,
    created_at bigint not null,
    constraint calendar_feed_user_id_key unique (user_id)
);
