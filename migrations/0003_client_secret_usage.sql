-- Owner: projections/src/client_secret_usage.rs. Losable on purpose, as ops.token_usage is.
create table ops.client_secret_usage (
    secret_id uuid primary key,
    last_used_at timestamptz not null
);
