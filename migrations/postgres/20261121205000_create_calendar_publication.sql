alter table calendar_authorization add column publishes boolean not null default false;
alter table calendar_connection add column publishes boolean not null default false;

create table calendar_publication (
    connection_id uuid not null references calendar_connection (id) on delete cascade,
    meeting_id uuid not null,
    org_id uuid not null references organization (id) on delete cascade,
    event_id text not null,
    fingerprint text not null,
    removed boolean not null,
    start_at bigint not null,
    end_at bigint not null,
    updated_at bigint not null,
    primary key (connection_id, meeting_id)
);
create index calendar_publication_meeting_idx on calendar_publication (org_id, meeting_id);

create table calendar_publication_cursor (
    org_id uuid not null primary key references organization (id) on delete cascade,
    seq bigint not null
);
