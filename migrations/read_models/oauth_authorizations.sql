-- Owner: projections/src/oauth_authorizations.rs. What people let applications do.
-- Rebuilt from the log; a change here needs a higher version there.
create table oauth_authorization (
    user_id uuid not null,
    client uuid not null,
    scopes text[] not null,
    since timestamptz not null,
    primary key (user_id, client)
);

-- What they are called; the read model of applications may be elsewhere in the log.
create table oauth_authorized_client (
    client uuid primary key,
    name text not null
);
