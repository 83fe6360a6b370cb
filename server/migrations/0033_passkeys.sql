-- Passkeys (WebAuthn credentials) of an account. Private keys never leave the person's devices.
create table passkeys (
  passkey_id uuid primary key,
  account_id uuid not null references accounts on delete cascade,
  -- The host of the public URL when it was added. Browsers offer it only there.
  rp_id text not null,
  credential_id bytea not null,
  -- COSE_Key (RFC 9052 §7)
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null,
  name text not null,
  -- Whether it ever checked who uses it, by PIN, fingerprint or face.
  verifies_user boolean not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  unique (rp_id, credential_id)
);
create index on passkeys (account_id);
grant select, insert, update, delete on passkeys to whoot_platform;

-- Challenges that were answered. A challenge works for five minutes, so a row is needed no longer than that.
create table spent_passkey_challenges (
  challenge_hash bytea primary key,
  spent_at timestamptz not null default now()
);
create index on spent_passkey_challenges (spent_at);
grant select, insert, update, delete on spent_passkey_challenges to whoot_platform;

-- verified_passkey_at: the passkey also checked who used it, which makes it two factors.
alter table sessions
  add column passkey_at timestamptz,
  add column verified_passkey_at timestamptz,
  drop constraint sessions_signed_in_by_check,
  add constraint sessions_signed_in_by_check check (signed_in_by in ('password', 'mailed_link', 'passkey'));
