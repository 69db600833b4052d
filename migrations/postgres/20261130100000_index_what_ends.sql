-- What was over long ago is looked for every some hours, and is little of all that there is.
create index booking_end_idx on booking (end_at);
create index busy_end_idx on busy (end_at);
create index calendar_publication_end_idx on calendar_publication (end_at);
create index calendar_entry_ends_idx on calendar_entry (ends_at) where ends_at is not null;
create index reminder_start_idx on reminder (start_at);
