-- Owner: projections/src/users.rs. People, as others see them.
-- Rebuilt from the log; a change here needs a higher version there.
create table account (
    user_id uuid primary key,
    number bigint not null,
    -- Null once the person's key is destroyed.
    username text,
    display_name text,
    image_url text,
    subject_key uuid not null,
    origin text not null,
    joined_at timestamptz not null,
    -- Separated by spaces.
    membership_roles text not null,
    premium_expiry timestamptz,
    locked_until timestamptz,
    deactivated_at timestamptz
);

create index account_subject_key on account (subject_key);
