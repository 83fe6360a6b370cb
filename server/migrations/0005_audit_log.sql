-- The audit log: what was done in a tenant, by whom, chained by hashes so that a change of the past shows.
-- Serving roles may add entries at its end and read them, and nothing else; the boot check holds them to that.

-- One row per tenant: where the chain ends. It moves by appending alone (extend_audit_chain).
create table audit_heads (
  tenant_id uuid primary key references tenants,
  sequence bigint not null default 0,
  hash bytea not null default '\x'
);
-- Tenants from before the log. Their owner is held to the policy too, but for this moment.
alter table tenants no force row level security;
insert into audit_heads (tenant_id) select tenant_id from tenants;
alter table tenants force row level security;
call protect_tenant_table('audit_heads');
grant select on audit_heads to whoot_app, whoot_platform;
-- A new tenant's, always at its beginning.
grant insert (tenant_id) on audit_heads to whoot_platform;

create table audit_log (
  tenant_id uuid not null references tenants,
  -- 1, 2, 3 … without gaps.
  sequence bigint not null check (sequence > 0),
  -- Milliseconds: what is hashed is what JavaScript can hold.
  occurred_at timestamptz(3) not null,
  action text not null,
  -- Null: whoot itself. No foreign key: entries outlive the member, the name stays.
  actor_member_id uuid,
  actor_name text not null,
  target_type text not null,
  target_id uuid,
  target_name text not null,
  ip_address text,
  user_agent text,
  -- { field: { from, to } }, secrets never. Not jsonb: its very text is hashed.
  changes json not null default '{}',
  -- SHA-256 of the entry and of the hash before it; server/src/audit/chain.ts.
  hash bytea not null check (length(hash) = 32),
  primary key (tenant_id, sequence)
);
-- Pages are read newest first, so each filter has its index in that order. Clocks go back: by time, then by sequence.
create index on audit_log (tenant_id, occurred_at, sequence);
create index on audit_log (tenant_id, action, occurred_at, sequence);
create index on audit_log (tenant_id, actor_member_id, occurred_at, sequence);
create index on audit_log (tenant_id, actor_member_id, action, occurred_at, sequence);
create index on audit_log (tenant_id, target_id, occurred_at, sequence);
call protect_tenant_table('audit_log');
revoke delete on audit_log from whoot_platform;
grant select, insert on audit_log to whoot_app, whoot_platform;

-- Of two who append at once the second waits here, and then sees where the first one ended. (As the owner, who on somebody's own
-- PostgreSQL may be a superuser, past every policy: so these functions name the tenant themselves.)
create function lock_audit_head() returns table (sequence bigint, hash bytea)
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    select head.sequence, head.hash from public.audit_heads head where head.tenant_id = public.current_tenant_id() for update
  $$;
revoke all on function lock_audit_head from public;
grant execute on function lock_audit_head to whoot_app, whoot_platform;

-- Moves the head to what was added, and refuses entries that do not go on where it stands, one by one: whatever a serving role is
-- made to say, no gap, no second history and no shorter one can come of it.
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

-- The end of a chain goes when its tenant is being erased, and not before.
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

-- The only way to remove entries: those of a tenant that is being erased, by the transaction that entered it, oldest first and in
-- portions (null: all), since a million entries in one transaction would hold back everybody's vacuum.
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

-- Where a signed-in session entered this tenant: a person's sign-in shows in the tenants that it was used for, and in no other.
create table member_sessions (
  tenant_id uuid not null references tenants,
  -- Of the account's web session. No foreign key: those are out of the app role's sight.
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

-- Stays when the sessions are gone.
alter table members add column last_seen_at timestamptz;
grant update (last_seen_at) on members to whoot_app;

-- The directory follows the rows that it speaks of: who is no member any more is found by no session.
-- (Referential actions are PostgreSQL's own and need no rights of the serving roles.)
alter table directory_memberships add foreign key (tenant_id, account_id) references members (tenant_id, account_id) on delete cascade;
alter table directory_invitations add foreign key (tenant_id, invitation_id) references invitations on delete cascade;
