create table calendar_entry (
    org_id blob not null references organization (id) on delete cascade,
    subject text not null,
    sequence integer not null,
    fingerprint text not null,
    events text not null,
    ends_at integer,
    updated_at integer not null,
    primary key (org_id, subject)
) strict;

create table calendar_invitee (
    org_id blob not null references organization (id) on delete cascade,
    subject text not null,
    email text not null,
    name text,
    lang text,
    tz text,
    sequence integer not null,
    primary key (org_id, subject, email)
) strict;

create table calendar_import (
    org_id blob not null references organization (id) on delete cascade,
    uid text not null,
    sequence integer not null,
    stamp integer not null,
    meeting_id blob references meeting (id) on delete cascade,
    series_id blob references meeting_series (id) on delete cascade,
    updated_at integer not null,
    primary key (org_id, uid)
) strict;

create table calendar_link (
    org_id blob not null references organization (id) on delete cascade,
    link_key text not null,
    meeting_id blob references meeting (id) on delete cascade,
    series_id blob references meeting_series (id) on delete cascade,
    created_at integer not null,
    primary key (org_id, link_key)
) strict;
create index calendar_link_meeting_idx on calendar_link (org_id, meeting_id) where meeting_id is not null;

create table calendar_feed (
    token_hash blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    user_id blob not null references user_account (id) on delete cascade,
    created_at integer not null,
    constraint calendar_feed_user_id_key unique (user_id)
) strict;
