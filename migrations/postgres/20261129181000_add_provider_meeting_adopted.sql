alter table provider_meeting add column adopted boolean not null default false;
