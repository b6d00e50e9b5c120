-- Owner: projections/src/token_usage.rs. Losable on purpose: nothing here can be rebuilt from the
-- log, and nothing is missed if it is gone.
create schema ops;

create table ops.token_usage (
    token_id uuid primary key,
    last_used_at timestamptz not null,
    uses bigint not null
);
