-- Owner: projections/src/workspaces. Workspaces and who belongs to them.
-- Rebuilt from the log; a change here needs a higher version there.
create table workspace (
    workspace_id uuid primary key,
    -- Null once the workspace's key is destroyed.
    name text,
    plan text not null,
    plan_since timestamptz not null,
    created_at timestamptz not null,
    max_token_ttl_s bigint,
    require_expiry boolean not null default false,
    -- Separated by spaces.
    allowed_cidrs text not null default '',
    auditor_reads_tokens boolean not null default false
);

create table member (
    workspace_id uuid not null,
    user_id uuid not null,
    role text not null,
    since timestamptz not null,
    -- The order in which they came.
    since_position bigint not null,
    primary key (workspace_id, user_id)
);

create index member_page on member (workspace_id, since_position, user_id);
create index member_user on member (user_id);
