-- Odoo's clients know records by whole numbers. A number is given once and stays with its record, also after the record is gone.
create table odoo_number (
    org_id blob not null references organization (id) on delete cascade,
    model text not null,
    number integer not null,
    record blob,
    word text,
    primary key (org_id, model, number),
    constraint odoo_number_org_id_model_record_key unique (org_id, model, record),
    constraint odoo_number_org_id_model_word_key unique (org_id, model, word),
    check ((record is null) <> (word is null))
) strict;

create table odoo_counter (
    org_id blob not null references organization (id) on delete cascade,
    model text not null,
    last_number integer not null,
    primary key (org_id, model)
) strict;

create table odoo_session (
    token_hash blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    key_id blob not null references api_key (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
) strict;
create index odoo_session_key_id_idx on odoo_session (org_id, key_id);
create index odoo_session_expires_at_idx on odoo_session (expires_at);
