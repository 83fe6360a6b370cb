-- Rotations of the workspace's encryption key, of which at most one is under way. The keys themselves are never in the database.
create table key_rotations (
  tenant_id uuid not null references tenants,
  rotation_id uuid not null,
  -- The name of the key that is replaced: 16 hexadecimal digits, derived from the key.
  old_key text not null check (old_key ~ '^[0-9a-f]{16}$'),
  started_at timestamptz not null default now(),
  started_by_name text not null,
  -- Sealed things: all that there were at the start, those that the new key seals, and those that are still being written.
  total integer,
  done integer not null default 0,
  in_use integer not null default 0,
  -- Things that no key opened.
  unreadable integer not null default 0,
  -- Why it does not go on, for the workspace's admins.
  fault text,
  finished_at timestamptz,
  primary key (tenant_id, rotation_id)
);
create unique index key_rotations_under_way on key_rotations (tenant_id) where finished_at is null;
call protect_tenant_table('key_rotations');
grant select, insert, delete, update (total, done, in_use, unreadable, fault, finished_at) on key_rotations to whoot_app;

-- The tokens of links that can be copied are sealed with that key.
grant update (token_sealed) on invitations to whoot_app;
