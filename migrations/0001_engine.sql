-- Owner: projections/src/checkpoint.rs and dead_letter.rs. How far each read model has read the
-- log, and what it could not read. Written in the transaction of the rows it speaks for.
create schema engine;

create table engine.checkpoint (
    -- The schema that the rows lie in: `agent_tokens`, or `agent_tokens_next` while it is filled.
    projection text primary key,
    -- Of the tables and of how events change them; another version is rebuilt, not migrated.
    version integer not null,
    -- Everything up to here is in the rows; null before the first event.
    position bigint,
    -- The last event among it, so that another log under the same tables is noticed.
    event_stream text,
    event_revision bigint,
    event_id uuid,
    -- Why it does not go on; null while it does.
    halted text
);

create table engine.dead_letter (
    projection text not null,
    position bigint not null,
    stream text not null,
    revision bigint not null,
    event_type text not null,
    error text not null,
    parked_at timestamptz not null default now(),
    primary key (projection, position)
);

create index dead_letter_stream on engine.dead_letter (projection, stream);
