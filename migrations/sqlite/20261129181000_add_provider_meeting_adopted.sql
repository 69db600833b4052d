alter table provider_meeting add column adopted integer not null default 0;
