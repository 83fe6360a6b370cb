-- Domains of a workspace's email addresses, each proved by a TXT record.

create table domains (
  tenant_id uuid not null references tenants,
  domain_id uuid not null,
  -- In lower case, as A-labels (RFC 5890).
  domain text not null check (length(domain) <= 236 and domain = lower(domain)),
  -- 160 random bits in base32.
  token text not null,
  state text not null default 'unverified' check (state in ('unverified', 'verified', 'failing', 'lapsed')),
  claimed_at timestamptz not null default now(),
  claimed_by_name text not null,
  verified_at timestamptz,
  check_requested_at timestamptz,
  checked_at timestamptz,
  -- What the last check found: server/src/domains/finding.ts.
  finding jsonb,
  -- While failing: since when the record has been missing, for how long the name servers have said so, and when they last did.
  failing_since timestamptz,
  absent_seconds integer not null default 0,
  last_absent_at timestamptz,
  -- Admins were told that it fails: on day 0 and on day 3.
  told_day smallint,
  lapsed_at timestamptz,
  -- The record is there, and another workspace holds the domain.
  waiting_since timestamptz,
  -- Another workspace showed its own record while this one held the domain; told once.
  contested_at timestamptz,
  primary key (tenant_id, domain_id),
  unique (tenant_id, domain)
);
call protect_tenant_table('domains');
grant select, insert, delete,
  update (state, verified_at, check_requested_at, checked_at, finding, failing_since, absent_seconds, last_absent_at, told_day, lapsed_at,
    waiting_since, contested_at) on domains to whoot_app;

-- Directory: which tenants claim a domain, and which one holds it, verified or failing.
create table directory_domains (
  domain text not null,
  tenant_id uuid not null,
  domain_id uuid not null,
  holds boolean not null default false,
  primary key (domain, tenant_id)
);
create unique index directory_domains_holder on directory_domains (domain) where holds;
create index on directory_domains (tenant_id);
grant select, insert, delete on directory_domains to whoot_platform;

-- Writes the tenant's directory entry for a domain. Returns false and changes nothing if it should hold the domain and another tenant does.
create function enter_domain(entered text, id uuid, hold boolean) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  claimant uuid := public.current_tenant_id();
begin
  if claimant is null then raise exception 'no tenant is entered'; end if;
  -- Of two that prove the same domain at once, the second one sees what the first one committed.
  perform pg_advisory_xact_lock(hashtextextended('domain ' || entered, 0));
  if hold and exists (select from public.directory_domains where domain = entered and holds and tenant_id <> claimant) then
    return false;
  end if;
  insert into public.directory_domains (domain, tenant_id, domain_id, holds) values (entered, claimant, id, hold)
    on conflict (domain, tenant_id) do update set domain_id = id, holds = hold;
  return true;
end
$$;
revoke all on function enter_domain from public;
grant execute on function enter_domain to whoot_app;

create function leave_domain(left_domain text) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$ delete from public.directory_domains where domain = left_domain and tenant_id = public.current_tenant_id() $$;
revoke all on function leave_domain from public;
grant execute on function leave_domain to whoot_app;
