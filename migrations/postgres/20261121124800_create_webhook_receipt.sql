create table webhook_receipt (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    provider_id uuid not null references provider_account (id) on delete cascade,
    delivery_key text not null,
    event text not null,
    occurred_at bigint,
    body bytea not null,
    state text not null check (state in ('received', 'applied', 'ignored', 'failed')),
    note text,
    meeting_id uuid,
    received_at bigint not null,
    handled_at bigint,
    constraint webhook_receipt_provider_id_delivery_key_key unique (provider_id, delivery_key)
);
create index webhook_receipt_org_idx on webhook_receipt (org_id, id);
create index webhook_receipt_received_at_idx on webhook_receipt (received_at);
