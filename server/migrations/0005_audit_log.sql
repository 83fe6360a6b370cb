-- The audit log: who did what in a tenant. A chain of hashes reveals a later change.
-- Serving roles may only append entries and read them. The boot check verifies this.

-- One row per tenant: the end of the chain. Only extend_audit_chain moves it.
create table audit_heads (
  tenant_id uuid primary key references tenants,
  sequence bigint not null default 0,
  hash bytea not null default '\x'
);
-- For tenants from before the log. The policy applies to the migrating role too, so it is lifted for these statements.
alter table tenants no force row level security;
insert into audit_heads (tenant_id) select tenant_id from tenants;
alter table tenants force row level security;
call protect_tenant_table('audit_heads');
grant select on audit_heads to whoot_app, whoot_platform;
-- For a new tenant: the chain starts empty.
grant insert (tenant_id) on audit_heads to whoot_platform;

create table audit_log (
  tenant_id uuid not null references tenants,
  -- 1, 2, 3 … without gaps.
  sequence bigint not null check (sequence > 0),
  -- Milliseconds, because JavaScript computes the hash and its dates hold no more.
  occurred_at timestamptz(3) not null,
  action text not null,
  -- Null for whoot itself. No foreign key, because entries outlive the member. The name stays.
  actor_member_id uuid,
  actor_name text not null,
  target_type text not null,
  target_id uuid,
  target_name text not null,
  ip_address text,
  user_agent text,
  -- { field: { from, to } }, never a secret. Not jsonb, because the exact text is hashed.
  changes json not null default '{}',
  -- SHA-256 of the entry and of the hash before it; server/src/audit/chain.ts.
  hash bytea not null check (length(hash) = 32),
  primary key (tenant_id, sequence)
);
-- Pages are read newest first, so each filter's index has that order: by time, then by sequence, because clocks can go back.
create index on audit_log (tenant_id, occurred_at, sequence);
create index on audit_log (tenant_id, action, occurred_at, sequence);
create index on audit_log (tenant_id, actor_member_id, occurred_at, sequence);
create index on audit_log (tenant_id, actor_member_id, action, occurred_at, sequence);
create index on audit_log (tenant_id, target_id, occurred_at, sequence);
call protect_tenant_table('audit_log');
revoke delete on audit_log from whoot_platform;
grant select, insert on audit_log to whoot_app, whoot_platform;

-- Of two concurrent appends, the second waits here and then sees the first one's end. These functions run as the owner, who may be a
-- superuser and bypass policies, so they compare tenant_id themselves.
create function lock_audit_head() returns table (sequence bigint, hash bytea)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    select head.sequence, head.hash from public.audit_heads head where head.tenant_id = public.current_tenant_id() for update
  $$;
revoke all on function lock_audit_head from public;
grant execute on function lock_audit_head to whoot_app, whoot_platform;

-- Moves the head to the added entries. Refuses entries that do not continue the chain, so even a hijacked serving role can make no
-- gap, no second history and no shorter log.
create function extend_audit_chain() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  tenants bigint;
  extended bigint;
begin
  select count(distinct tenant_id) into tenants from added;
  update public.audit_heads head set sequence = run.last, hash = (select hash from added where tenant_id = run.tenant_id and sequence = run.last)
    from (select tenant_id, min(sequence) as first, max(sequence) as last, count(*) as entries from added group by tenant_id) run
    where head.tenant_id = run.tenant_id and run.first = head.sequence + 1 and run.last = head.sequence + run.entries;
  get diagnostics extended = row_count;
  if extended <> tenants then
    raise exception 'an audit log goes on where it ends, without gaps' using errcode = 'restrict_violation';
  end if;
  return null;
end
$$;
revoke all on function extend_audit_chain from public;
create trigger extend_chain after insert on audit_log referencing new table as added
  for each statement execute function extend_audit_chain();

-- Removes the head of a chain, only for a tenant that is being erased.
create function keep_audit_head() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
begin
  if not exists (select from public.directory_erasures where tenant_id = old.tenant_id) then
    raise exception 'the audit log of a tenant that is not being erased stays' using errcode = 'restrict_violation';
  end if;
  return old;
end
$$;
revoke all on function keep_audit_head from public;
create trigger keep_head before delete on audit_heads for each row execute function keep_audit_head();

-- The only way to remove entries: in a transaction of a tenant that is being erased, oldest first and in portions (null: all), because
-- a transaction over a million entries would hold back vacuum in all tables.
create function erase_audit_log(at_most integer) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    with erased as (
      delete from public.audit_log where tenant_id = public.current_tenant_id()
        and exists (select from public.directory_erasures erasure where erasure.tenant_id = public.current_tenant_id())
        and sequence in (
          select sequence from public.audit_log where tenant_id = public.current_tenant_id() order by sequence limit at_most)
      returning 1)
    select count(*) from erased
  $$;
revoke all on function erase_audit_log from public;
grant execute on function erase_audit_log to whoot_platform;

-- Sessions that entered this tenant. A person's sign-in is logged only in the tenants that it was used for.
create table member_sessions (
  tenant_id uuid not null references tenants,
  -- The account's web session. No foreign key, because the app role cannot see sessions.
  session_id uuid not null,
  member_id uuid not null,
  ip_address text,
  user_agent text,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (tenant_id, session_id),
  foreign key (tenant_id, member_id) references members on delete cascade
);
create index on member_sessions (tenant_id, member_id);
call protect_tenant_table('member_sessions');
grant select, insert, update (last_seen_at), delete on member_sessions to whoot_app;

-- Stays after the sessions have ended.
alter table members add column last_seen_at timestamptz;
grant update (last_seen_at) on members to whoot_app;

-- A directory entry is removed with its member, so a former member's session no longer finds the tenant.
-- (Referential actions run with PostgreSQL's own rights, so the serving roles need none.)
alter table directory_memberships add foreign key (tenant_id, account_id) references members (tenant_id, account_id) on delete cascade;
alter table directory_invitations add foreign key (tenant_id, invitation_id) references invitations on delete cascade;
