-- Lists from a day on skip what has ended without looking at the meetings themselves.
drop index meeting_start_at_idx;
drop index meeting_end_at_idx;
create index meeting_window_idx on meeting (org_id, start_at, id, end_at);
