create table notification_settings (
    org_id blob not null primary key references organization (id) on delete cascade,
    mail text not null check (mail in ('auto', 'always', 'never')),
    reminder_min text not null,
    reminder_mail integer not null,
    updated_at integer not null
) strict;

create table notification_choice (
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null primary key references meeting (id) on delete cascade,
    mail integer not null
) strict;

create table notification_cursor (
    org_id blob not null primary key references organization (id) on delete cascade,
    seq integer not null
) strict;

create table reminder (
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    offset_min integer not null,
    start_at integer not null,
    sent_at integer not null,
    primary key (meeting_id, offset_min, start_at)
) strict;
