create table audit (
    id uuid not null primary key,
    org_id uuid not null references organization (id) on delete cascade,
    at bigint not null,
    action text not null,
    subject text not null,
    actor text not null,
    actor_name text,
    key_id uuid,
    door text not null,
    remote text,
    request_id text not null,
    changes jsonb not null
);
create index audit_org_id_idx on audit (org_id, id);
create index audit_subject_idx on audit (org_id, subject, id);

create table event (
    org_id uuid not null references organization (id) on delete cascade,
    seq bigint not null,
    id uuid not null,
    type text not null,
    subject text not null,
    data jsonb not null,
    created_at bigint not null,
    primary key (org_id, seq)
);

create table idempotency (
    org_id uuid not null references organization (id) on delete cascade,
    caller text not null,
    method text not null,
    idempotency_key text not null,
    fingerprint bytea not null,
    response text not null,
    expires_at bigint not null,
    primary key (org_id, caller, method, idempotency_key)
);
create index idempotency_expires_at_idx on idempotency (expires_at);

create table job (
    id uuid not null primary key,
    org_id uuid references organization (id) on delete cascade,
    kind text not null,
    unique_key text,
    payload jsonb not null,
    run_at bigint not null,
    lease_until bigint,
    attempts bigint not null,
    state text not null check (state in ('ready', 'dead')),
    last_error text,
    created_at bigint not null,
    constraint job_kind_unique_key_key unique (kind, unique_key)
);
create index job_run_at_idx on job (state, run_at);
create index job_org_id_idx on job (org_id, id);
