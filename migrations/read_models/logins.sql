-- Owner: projections/src/logins.rs. Logins with a browser, for people to see and end.
-- Rebuilt from the log; a change here needs a higher version there.
create table login (
    login_id uuid primary key,
    user_id uuid not null,
    method text not null,
    -- What the login's decision knew of the person.
    user_revision bigint not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    -- The /24 or /48 it began from; null once the person's key is destroyed.
    network text
);

create index login_user on login (user_id, started_at);
create index login_started on login (started_at);
