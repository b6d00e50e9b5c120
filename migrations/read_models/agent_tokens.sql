-- Owner: projections/src/agent_tokens. Agent tokens, and what decides whether one is suspended.
-- Rebuilt from the log; a change here needs a higher version there.
create table token (
    token_id uuid primary key,
    workspace_id uuid not null,
    -- Null once the workspace's key is destroyed.
    name text,
    hint text not null,
    created_by uuid not null,
    acts_as uuid not null,
    created_at timestamptz not null,
    -- The order of creation, the same on every rebuild.
    created_position bigint not null,
    -- Of the stream; callers expect it back.
    revision bigint not null,
    expires_at timestamptz,
    -- Separated by spaces.
    scopes text not null,
    allowed_cidrs text not null,
    -- `dashboard`, or `pairing` or `rotation`, a space and an id.
    origin text not null,
    replaced_by uuid,
    overlap_ends_at timestamptz,
    revoked_at timestamptz,
    -- The kind of actor, a space and its id.
    revoked_by text,
    revocation_reason text,
    revocation_note text,
    -- From the log, so coarse; `ops.token_usage` is finer.
    seen_at timestamptz,
    seen_network text,
    seen_network_key uuid,
    seen_client text
);

create index token_page on token (workspace_id, created_position);

create table token_tenant (
    workspace_id uuid primary key,
    plan_has_tokens boolean not null,
    max_token_ttl_s bigint,
    require_expiry boolean not null
);

create table token_creator (
    workspace_id uuid not null,
    user_id uuid not null,
    manages_tokens boolean not null,
    primary key (workspace_id, user_id)
);

create table token_inactive_user (
    user_id uuid primary key
);

-- Why a token may not be used now although nothing was done to it. The order is that of the checks
-- when an agent connects: creator, plan, policy.
create view token_standing as
select token.*,
       case
           when inactive.user_id is not null then 'OWNER_DEACTIVATED'
           when creator.user_id is null then 'OWNER_REMOVED'
           when not creator.manages_tokens then 'OWNER_DEMOTED'
           when not tenant.plan_has_tokens then 'PLAN_INACTIVE'
           when tenant.require_expiry and token.expires_at is null then 'WORKSPACE_POLICY'
           when token.expires_at - token.created_at
                    > make_interval(secs => tenant.max_token_ttl_s) then 'WORKSPACE_POLICY'
           when tenant.max_token_ttl_s is not null and token.expires_at is null
               then 'WORKSPACE_POLICY'
       end as suspension
  from token
  left join token_tenant tenant using (workspace_id)
  left join token_creator creator
         on creator.workspace_id = token.workspace_id and creator.user_id = token.created_by
  left join token_inactive_user inactive on inactive.user_id = token.created_by;
