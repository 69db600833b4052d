create table webhook_receipt (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    provider_id blob not null references provider_account (id) on delete cascade,
    delivery_key text not null,
    event text not null,
    occurred_at integer,
    body blob not null,
    state text not null check (state in ('received', 'applied', 'ignored', 'failed')),
    note text,
    meeting_id blob,
    received_at integer not null,
    handled_at integer,
    constraint webhook_receipt_provider_id_delivery_key_key unique (provider_id, delivery_key)
) strict;
create index webhook_receipt_org_idx on webhook_receipt (org_id, id);
create index webhook_receipt_received_at_idx on webhook_receipt (received_at);
