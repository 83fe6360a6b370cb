-- People, above tenants. Only the platform role sees these tables; tenants hold their own copy of a member's name and address.

-- An account exists only once its address is confirmed.
create table accounts (
  account_id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);
grant select, insert, update, delete on accounts to whoot_platform;

create table sessions (
  session_id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  -- SHA-256 of the cookie's token: a read of this table signs nobody in.
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on sessions (account_id);
create index on sessions (expires_at);
grant select, insert, update, delete on sessions to whoot_platform;

-- People who signed up and have not confirmed their address yet. Name and password wait here, not in an account: otherwise
-- a stranger could sign up with another person's address and so choose the password of the account which that person confirms.
create table sign_ups (
  sign_up_id uuid primary key,
  email text not null check (email = lower(email)),
  name text not null,
  -- Null once used.
  password_hash text,
  -- SHA-256 of the mailed link's token.
  token_hash bytea not null unique,
  -- SHA-256 of a cookie of the browser that signed up. From another browser the link asks for the password.
  browser_hash bytea not null,
  -- The invitation's token, sealed with the master key: after confirming, the person can accept it.
  invitation_token_sealed bytea,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on sign_ups (email);
grant select, insert, update, delete on sign_ups to whoot_platform;
