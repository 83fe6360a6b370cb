-- What a session has proved, and when. A workspace may demand a second factor; changes of an account's security demand a recent proof.
-- Existing sessions count as begun with a password alone, or with a mailed link alone.
alter table sessions
  add column authenticated_at timestamptz not null default now(),
  add column password_at timestamptz,
  add column totp_at timestamptz,
  add column recovery_code_at timestamptz;
update sessions set
  authenticated_at = created_at,
  password_at = case when signed_in_by = 'password' then created_at end;

-- Authenticator apps (RFC 6238). A row is a factor in use.
create table totp_factors (
  account_id uuid primary key references accounts on delete cascade,
  -- Sealed with a key that is derived from the master key.
  secret_sealed bytea not null,
  -- The time step of the newest code that was accepted. Codes of this step and of earlier steps are not accepted again.
  last_step bigint not null,
  enrolled_at timestamptz not null default now()
);
grant select, insert, update, delete on totp_factors to whoot_platform;

-- Secrets that wait for their first code. Only a confirmed secret replaces the one in use.
create table pending_totp_factors (
  account_id uuid primary key references accounts on delete cascade,
  secret_sealed bytea not null,
  created_at timestamptz not null default now()
);
grant select, insert, update, delete on pending_totp_factors to whoot_platform;

-- One salt for the ten codes of a set, so that a try costs one hash.
create table recovery_code_sets (
  account_id uuid primary key references accounts on delete cascade,
  salt bytea not null,
  created_at timestamptz not null default now()
);
grant select, insert, update, delete on recovery_code_sets to whoot_platform;

create table recovery_codes (
  account_id uuid not null references recovery_code_sets on delete cascade,
  -- Argon2id of the code: a code has 50 bits, fewer than a plain hash needs (ASVS 5.0 §6.5.2).
  code_hash bytea not null,
  used_at timestamptz,
  primary key (account_id, code_hash)
);
grant select, insert, update, delete on recovery_codes to whoot_platform;
