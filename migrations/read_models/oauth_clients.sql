-- Owner: projections/src/oauth_clients.rs. Applications, for operators to look at.
-- Rebuilt from the log; a change here needs a higher version there.
create table oauth_client (
    client uuid primary key,
    application_id bigint not null,
    client_id text not null,
    kind text not null,
    name text not null,
    homepage text,
    redirect_uris text[] not null,
    scopes text[] not null,
    access_ttl integer not null,
    require_pkce boolean not null,
    rotate_refresh_tokens boolean not null,
    claims_profile text not null,
    registered_at timestamptz not null,
    suspended_reason text,
    suspended_at timestamptz,
    -- Of the stream, for whoever changes it next.
    revision bigint not null
);

create unique index oauth_client_number on oauth_client (application_id);

create table oauth_client_secret (
    secret_id uuid primary key,
    client uuid not null,
    hint text not null,
    added_at timestamptz not null,
    expires_at timestamptz
);

create index oauth_client_secret_client on oauth_client_secret (client, added_at);
