create table custom_field (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    model text not null,
    field_key text not null,
    label text not null,
    type text not null check (type in ('text', 'integer', 'number', 'boolean', 'date', 'datetime', 'choice', 'reference')),
    required integer not null,
    default_value text,
    choices text not null,
    position integer not null,
    created_at integer not null,
    updated_at integer not null,
    constraint custom_field_org_id_model_field_key_key unique (org_id, model, field_key)
) strict;
