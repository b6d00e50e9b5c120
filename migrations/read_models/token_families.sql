-- Owner: projections/src/token_families.rs. Logins and what applications may do, for people to see and end.
-- Rebuilt from the log; a change here needs a higher version there.
create table family (
    family_id uuid primary key,
    kind text not null,
    user_id uuid not null,
    -- The application that acts through it, where it is one's.
    client uuid,
    -- What the login's decision knew of the person.
    user_revision bigint not null,
    started_at timestamptz not null,
    -- The log knows the day, not the moment.
    last_used date not null,
    idle_ttl_s bigint not null,
    absolute_expires_at timestamptz not null,
    generation bigint not null,
    revoked_at timestamptz,
    revocation_cause text
);

create index family_user on family (user_id, started_at);

-- What ends logins without a word in their own streams.
create table family_person (
    user_id uuid primary key,
    -- How many facts were told of them: summaries do not count.
    facts bigint not null,
    -- Logins that knew fewer facts are void.
    ended_at_fact bigint not null,
    deactivated boolean not null
);
