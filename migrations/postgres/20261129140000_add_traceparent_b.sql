-- The W3C traceparent of what caused a job or an event, where traces are made.
alter table job add column traceparent text;
alter table event add column traceparent text;
