-- Where a session began and where it was last used, for the person's own list of sessions.
alter table sessions
  add column ip_address text,
  add column user_agent text,
  add column last_ip_address text,
  add column last_user_agent text;
-- A session ends 90 days after its newest authentication, however much it is used.
update sessions set expires_at = least(expires_at, authenticated_at + interval '90 days');

-- A workspace's own limits: since the last use there, and since the newest authentication.
alter table tenants
  add column session_idle_minutes integer not null default 43200 check (session_idle_minutes between 15 and 43200),
  add column session_absolute_minutes integer not null default 129600 check (session_absolute_minutes between 60 and 129600);
grant update (session_idle_minutes, session_absolute_minutes) on tenants to whoot_app;

-- When an admin ended the session in this tenant. The row stays: the session enters again only after a newer authentication.
alter table member_sessions add column ended_at timestamptz;
grant update (ip_address, user_agent, started_at, ended_at) on member_sessions to whoot_app;

-- A change of an account's address that waits for its mailed link. At most one for each account.
create table email_changes (
  account_id uuid primary key references accounts on delete cascade,
  email text not null check (email = lower(email)),
  -- SHA-256 of the mailed link's token.
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
grant select, insert, update, delete on email_changes to whoot_platform;

-- The address is copied to each workspace, as the name is.
grant update (email) on members to whoot_platform;
