alter table meeting add column replanned_at integer;
