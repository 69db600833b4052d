create table webhook_endpoint (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    url text not null,
    description text not null,
    event_types jsonb not null,
    secret bytea not null,
    old_secret bytea,
    old_secret_until bigint,
    active boolean not null,
    disabled_reason text,
    failing_since bigint,
    cursor_seq bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index webhook_endpoint_org_id_idx on webhook_endpoint (org_id, id);

create table webhook_delivery (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    endpoint_id uuid not null references webhook_endpoint (id) on delete cascade,
    event_id uuid not null,
    event_seq bigint not null,
    subject text not null,
    state text not null check (state in ('pending', 'delivered', 'failed')),
    attempts bigint not null,
    next_attempt_at bigint,
    lease_until bigint,
    last_status bigint,
    last_error text,
    delivered_at bigint,
    created_at bigint not null,
    constraint webhook_delivery_endpoint_id_event_id_key unique (endpoint_id, event_id)
);
create index webhook_delivery_due_idx on webhook_delivery (endpoint_id, state, next_attempt_at);
create index webhook_delivery_delivered_at_idx on webhook_delivery (state, delivered_at);
create index webhook_delivery_org_id_idx on webhook_delivery (org_id, event_seq, id);
-- Of each subject only one delivery is due at a time: the others wait for it.
create unique index webhook_delivery_head_idx on webhook_delivery (endpoint_id, subject) where state = 'pending' and next_attempt_at is not null;
create index webhook_delivery_subject_idx on webhook_delivery (endpoint_id, subject, state, event_seq);
