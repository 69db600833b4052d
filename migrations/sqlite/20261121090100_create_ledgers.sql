create table audit (
    id blob not null primary key,
    org_id blob not null references organization (id) on delete cascade,
    at integer not null,
    action text not null,
    subject text not null,
    actor text not null,
    actor_name text,
    key_id blob,
    door text not null,
    remote text,
    request_id text not null,
    changes text not null
) strict;
create index audit_org_id_idx on audit (org_id, id);
create index audit_subject_idx on audit (org_id, subject, id);

create table event (
    org_id blob not null references organization (id) on delete cascade,
    seq integer not null,
    id blob not null,
    type text not null,
    subject text not null,
    data text not null,
    created_at integer not null,
    primary key (org_id, seq)
) strict;

create table idempotency (
    org_id blob not null references organization (id) on delete cascade,
    caller text not null,
    method text not null,
    idempotency_key text not null,
    fingerprint blob not null,
    response text not null,
    expires_at integer not null,
    primary key (org_id, caller, method, idempotency_key)
) strict;
create index idempotency_expires_at_idx on idempotency (expires_at);

create table job (
    id blob not null primary key,
    org_id blob references organization (id) on delete cascade,
    kind text not null,
    unique_key text,
    payload text not null,
    run_at integer not null,
    lease_until integer,
    attempts integer not null,
    state text not null check (state in ('ready', 'dead')),
    last_error text,
    created_at integer not null,
    constraint job_kind_unique_key_key unique (kind, unique_key)
) strict;
create index job_run_at_idx on job (state, run_at);
create index job_org_id_idx on job (org_id, id);
