-- Device cookies carry the number that was current when they were given out. Raising the number makes every browser of the account unknown.
alter table accounts add column device_epoch integer not null default 1;

-- Mailed links to choose a new password. Kept for a day: how often links were mailed decides how soon the next one goes out.
create table password_resets (
  -- SHA-256 of the mailed link's token.
  token_hash bytea primary key,
  account_id uuid not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- Also set when the password was changed in another way: an older link opens nothing any more.
  used_at timestamptz
);
create index on password_resets (account_id, created_at);
create index on password_resets (created_at);
grant select, insert, update, delete on password_resets to whoot_platform;

-- A person's name is copied to each of their workspaces. Renaming the account enters each workspace, under its policy.
grant update (name) on members to whoot_platform;
