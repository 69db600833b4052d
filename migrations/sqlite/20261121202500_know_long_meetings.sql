-- A list from a day on asks for the longest meeting, to know how far back something may still go on.
create index meeting_long_idx on meeting (org_id, (end_at - start_at)) where end_at - start_at > 86400000;
