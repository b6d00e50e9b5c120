-- Owner: projections/src/audit_events. What happened, event by event, as auditors may read it.
-- Rebuilt from the log; a change here needs a higher version there.
create table event (
    position bigint primary key,
    stream text not null,
    revision bigint not null,
    event_id uuid not null,
    type text not null,
    schema integer not null,
    -- The kind of actor, a space and its id.
    actor text not null,
    on_behalf_of text,
    workspace_id uuid,
    occurred_at timestamptz not null,
    correlation_id uuid not null,
    causation_id uuid,
    -- Null once the key is destroyed.
    client_ip text,
    client_agent text,
    client_key uuid,
    -- The payload with its sealed fields opened; blank ones are null.
    data jsonb not null,
    -- The names of the blank fields, separated by spaces.
    redacted text not null,
    -- Under whose key each sealed field lies: {"name": "…"}.
    keys jsonb not null
);

create index event_workspace on event (workspace_id, position);
create index event_stream on event (stream, position);
create index event_correlation on event (correlation_id);

-- Whom an event is about, and under whose keys its fields lie.
create table event_subject (
    subject uuid not null,
    position bigint not null,
    primary key (subject, position)
);
