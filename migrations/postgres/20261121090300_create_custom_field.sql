create table custom_field (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    model text not null,
    field_key text not null,
    label text not null,
    type text not null check (type in ('text', 'integer', 'number', 'boolean', 'date', 'datetime', 'choice', 'reference')),
    required boolean not null,
    default_value jsonb,
    choices jsonb not null,
    position bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    constraint custom_field_org_id_model_field_key_key unique (org_id, model, field_key)
);
