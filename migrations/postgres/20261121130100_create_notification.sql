create table notification (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null,
    state text not null check (state in ('queued', 'sent', 'failed', 'bounced')),
    to_name text,
    to_email text not null,
    reply_to text,
    lang text not null,
    tz text not null,
    subject text not null,
    body_text text not null,
    body_html text,
    ics_method text,
    ics text,
    related_kind text,
    related_id text,
    dedupe_key text,
    attempts bigint not null,
    last_error text,
    created_at bigint not null,
    sent_at bigint,
    constraint notification_org_id_dedupe_key_key unique (org_id, dedupe_key)
);
create index notification_org_id_idx on notification (org_id, id);
create index notification_state_idx on notification (org_id, state, id);
create index notification_related_idx on notification (org_id, related_kind, related_id) where related_id is not null;

create table mail_style (
    org_id uuid not null primary key references organization (id) on delete cascade,
    sender_name text,
    reply_to text,
    logo_url text,
    color text,
    footer text,
    updated_at bigint not null
);

create table mail_template (
    org_id uuid not null references organization (id) on delete cascade,
    kind text not null,
    lang text not null,
    subject text,
    intro text,
    updated_at bigint not null,
    primary key (org_id, kind, lang)
);
