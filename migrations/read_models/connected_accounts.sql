-- Owner: projections/src/connected_accounts. What platforms let workspaces do in people's names.
-- Rebuilt from the log; a change here needs a higher version there.
create table connected_account (
    account_id uuid primary key,
    workspace_id uuid not null,
    platform text not null,
    -- Null once the person's key is destroyed.
    platform_user_id text,
    platform_username text,
    -- Whose key the two above lie under.
    subject_key uuid,
    -- connected, needs_reconnect or disconnected.
    status text not null,
    -- Separated by spaces.
    scopes text not null,
    refreshable boolean not null,
    access_expires_at timestamptz,
    connected_at timestamptz not null,
    connected_by uuid not null,
    connected_position bigint not null,
    last_refreshed_at timestamptz,
    refresh_failure text,
    -- When the provider should be asked next, ahead of the token's end.
    refresh_due_at timestamptz
);

create index connected_account_workspace on connected_account (workspace_id, connected_position);
create index connected_account_person on connected_account (connected_by);
create index connected_account_due on connected_account (refresh_due_at)
    where refresh_due_at is not null;
create index connected_account_subject on connected_account (subject_key);
