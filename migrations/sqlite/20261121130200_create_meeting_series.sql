create table meeting_series (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    series_key text not null,
    room_code text,
    start_at integer not null,
    duration_min integer not null,
    tz text not null,
    rrule text,
    exdates text not null,
    made_until integer,
    created_at integer not null,
    updated_at integer not null,
    version integer not null,
    constraint meeting_series_org_id_series_key_key unique (org_id, series_key)
) strict;
create index meeting_series_room_code_idx on meeting_series (room_code) where room_code is not null;
create index meeting_series_made_until_idx on meeting_series (made_until) where made_until is not null;

create table series_occurrence (
    meeting_id blob not null primary key references meeting (id) on delete cascade,
    org_id blob not null references organization (id) on delete cascade,
    series_id blob not null references meeting_series (id) on delete cascade,
    occurrence_at integer not null,
    detached integer not null
) strict;
create index series_occurrence_series_idx on series_occurrence (series_id, occurrence_at);

create table series_person (
    series_id blob not null references meeting_series (id) on delete cascade,
    person text not null,
    org_id blob not null references organization (id) on delete cascade,
    ticket text not null,
    primary key (series_id, person)
) strict;

alter table participant add column tz text;
alter table participant add column lang text;
alter table participant add column response text check (response in ('accepted', 'declined', 'tentative'));
alter table participant add column responded_at integer;
