-- Owner: projections/src/revocations. Every credential that died before its time, in log order.
-- Rebuilt from the log; a change here needs a higher version there.
create table revocation (
    position bigint primary key,
    kind text not null,
    -- As it is shown outside.
    credential_id text not null,
    -- The kind of actor, a space and its id: in whose name the credential was used.
    subject text,
    workspace_id uuid,
    reason text not null,
    revoked_by text not null,
    at timestamptz not null,
    -- When the credential would have ended by itself, so when this no longer matters.
    expires_at timestamptz,
    -- What access tokens call it; only of what they name.
    name text,
    -- Of a person: how many facts there were with this one.
    facts bigint
);

-- Where what still matters begins.
create index revocation_at on revocation (at) include (position);
create index revocation_workspace on revocation (workspace_id, position);

-- What a revocation says of its credential and its own event does not.
create table revocable (
    credential_id uuid primary key,
    workspace_id uuid,
    -- A person; a service credential speaks for itself.
    subject uuid,
    expires_at timestamptz,
    -- Of a person and of an application: what access tokens call it.
    name text,
    -- Of a person: events of theirs that repeat what others said.
    summaries bigint not null default 0
);
