create table notification_settings (
    org_id uuid not null primary key references organization (id) on delete cascade,
    mail text not null check (mail in ('auto', 'always', 'never')),
    reminder_min jsonb not null,
    reminder_mail boolean not null,
    updated_at bigint not null
);

create table notification_choice (
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null primary key references meeting (id) on delete cascade,
    mail boolean not null
);

create table notification_cursor (
    org_id uuid not null primary key references organization (id) on delete cascade,
    seq bigint not null
);

create table reminder (
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    offset_min bigint not null,
    start_at bigint not null,
    sent_at bigint not null,
    primary key (meeting_id, offset_min, start_at)
);
