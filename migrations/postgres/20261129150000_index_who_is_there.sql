-- Guests and meetings without an organizer need no place in these indexes: nobody looks for them by nobody.
drop index participant_user_idx;
create index participant_user_idx on participant (org_id, user_id, meeting_id) where user_id is not null;
drop index meeting_organizer_idx;
create index meeting_organizer_idx on meeting (org_id, organizer_id, start_at, id) where organizer_id is not null;
