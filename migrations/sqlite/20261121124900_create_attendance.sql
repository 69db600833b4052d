-- What providers report of a meeting: facts that may come twice and in any order.
create table meeting_run (
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    run_key text not null,
    started_at integer,
    ended_at integer,
    primary key (meeting_id, run_key)
) strict;

create table presence_mark (
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    run_key text not null,
    person_key text not null,
    step text not null check (step in ('came', 'went', 'knocked', 'left_lobby')),
    at integer not null,
    primary key (meeting_id, run_key, person_key, step, at)
) strict;

create table attendee (
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    person_key text not null,
    name text,
    email text,
    user_ref text,
    is_moderator integer not null,
    spoke_ms integer,
    seen_at integer not null,
    primary key (meeting_id, person_key)
) strict;

-- Whether the last person leaving ended it, and since when it is open.
alter table meeting add column emptied integer not null default 0;
alter table meeting add column opened_at integer;
