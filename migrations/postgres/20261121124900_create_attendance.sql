-- What providers report of a meeting: facts that may come twice and in any order.
create table meeting_run (
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    run_key text not null,
    started_at bigint,
    ended_at bigint,
    primary key (meeting_id, run_key)
);

create table presence_mark (
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    run_key text not null,
    person_key text not null,
    step text not null check (step in ('came', 'went', 'knocked', 'left_lobby')),
    at bigint not null,
    primary key (meeting_id, run_key, person_key, step, at)
);

create table attendee (
    org_id uuid not null references organization (id) on delete cascade,
    meeting_id uuid not null references meeting (id) on delete cascade,
    person_key text not null,
    name text,
    email text,
    user_ref text,
    is_moderator boolean not null,
    spoke_ms bigint,
    seen_at bigint not null,
    primary key (meeting_id, person_key)
);

-- Whether the last person leaving ended it, and since when it is open.
alter table meeting add column emptied boolean not null default false;
alter table meeting add column opened_at bigint;
