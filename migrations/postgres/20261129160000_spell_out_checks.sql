-- PostgreSQL compares with a list of values as it stands; only SQLite needs this change.
select 1;
