-- Owner: projections/src/pairing_codes.rs. Pairings, for people to watch; never a code.
-- Rebuilt from the log; a change here needs a higher version there.
create table pairing (
    workspace_id uuid not null,
    user_id uuid not null,
    number bigint not null,
    created_position bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- The token that it became, once it exists.
    token_id uuid,
    cancelled_at timestamptz,
    superseded_at timestamptz,
    primary key (workspace_id, user_id, number)
);

create index pairing_workspace on pairing (workspace_id, created_position);
create index pairing_created on pairing (created_at);
