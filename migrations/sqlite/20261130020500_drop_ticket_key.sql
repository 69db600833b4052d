-- Tickets are compared with those of the people of one room and never looked for, and 130 random bits need nobody who keeps them apart: an
-- index of them was written to at as many random places as a new meeting has people. SQLite keeps a constraint as long as its table.
create table participant_without_key (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    meeting_id blob not null references meeting (id) on delete cascade,
    person text not null,
    user_id blob references user_account (id) on delete set null,
    partner_id text,
    name text not null,
    email text,
    role text not null check (role = 'host' or role = 'co_host' or role = 'participant'),
    ticket text not null,
    joined_at integer,
    left_at integer,
    created_at integer not null,
    tz text,
    lang text,
    response text check (response = 'accepted' or response = 'declined' or response = 'tentative'),
    responded_at integer,
    constraint participant_meeting_id_person_key unique (meeting_id, person)
) strict;
insert into participant_without_key (id, org_id, meeting_id, person, user_id, partner_id, name, email, role, ticket, joined_at, left_at, created_at,
        tz, lang, response, responded_at)
    select id, org_id, meeting_id, person, user_id, partner_id, name, email, role, ticket, joined_at, left_at, created_at,
        tz, lang, response, responded_at from participant;
drop table participant;
alter table participant_without_key rename to participant;
create index participant_user_idx on participant (org_id, user_id, meeting_id) where user_id is not null;
create index participant_email_idx on participant (org_id, email, meeting_id) where email is not null;
