alter table calendar_authorization add column publishes integer not null default 0;
alter table calendar_connection add column publishes integer not null default 0;

create table calendar_publication (
    connection_id blob not null references calendar_connection (id) on delete cascade,
    meeting_id blob not null,
    org_id blob not null references organization (id) on delete cascade,
    event_id text not null,
    fingerprint text not null,
    removed integer not null,
    start_at integer not null,
    end_at integer not null,
    updated_at integer not null,
    primary key (connection_id, meeting_id)
) strict;
create index calendar_publication_meeting_idx on calendar_publication (org_id, meeting_id);

create table calendar_publication_cursor (
    org_id blob not null primary key references organization (id) on delete cascade,
    seq integer not null
) strict;
