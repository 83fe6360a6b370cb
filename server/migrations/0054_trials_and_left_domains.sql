-- The version of the catalogue that a line was charged by, a credit's that of its charge: a document calls a plan as it was called then.
alter table billing_lines add column catalogue_version integer;

-- An account from before the operator wanted one series of numbers for all moves to it with its next document.
create or replace function open_billing_account(wanted_prefix text, is_shared boolean) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  tenant uuid := public.current_tenant_id();
  present text;
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  select series_prefix into present from public.billing_accounts where tenant_id = tenant;
  if present = wanted_prefix or (present is not null and not is_shared) then return; end if;
  if is_shared then
    insert into public.billing_series (prefix) values (wanted_prefix) on conflict do nothing;
  else
    insert into public.billing_series (prefix) values (wanted_prefix);
  end if;
  insert into public.billing_accounts (tenant_id, series_prefix) values (tenant, wanted_prefix)
    on conflict (tenant_id) do update set series_prefix = excluded.series_prefix;
end
$$;

-- Above tenants: when trials of a person's workspaces began. It names no workspace, so that deleting one gives nobody another trial.
create table billing_trials (
  account_id uuid not null references accounts on delete cascade,
  began_at timestamptz not null default now(),
  trial_id uuid primary key default gen_random_uuid()
);
create index on billing_trials (account_id);

alter table billing_accounts
  -- The workspace began without a trial, because its owner's earlier ones had theirs.
  add column trial_refused_at timestamptz;

-- Whether the tenant may begin a trial, and counts it for its owner: at most so many within 90 days. A tenant from before billing has one in
-- any case, and one that was refused gets none later.
create function take_trial(most integer) returns boolean
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  tenant uuid := public.current_tenant_id();
  owner uuid;
  is_older boolean;
begin
  if exists (select from public.billing_accounts where tenant_id = tenant and trial_refused_at is not null) then return false; end if;
  select member.account_id, workspace.created_at < (select min(valid_from) from public.billing_catalogues) into owner, is_older
    from public.tenants workspace
    join public.members member on member.tenant_id = workspace.tenant_id and member.member_id = workspace.owner_member_id
    where workspace.tenant_id = tenant;
  if owner is null then raise exception 'no tenant is entered'; end if;
  -- Workspaces that are made at once are counted one after the other.
  perform pg_advisory_xact_lock(hashtextextended('trial ' || owner, 0));
  delete from public.billing_trials where account_id = owner and began_at < now() - interval '90 days';
  if not is_older and (select count(*) from public.billing_trials where account_id = owner) >= most then
    update public.billing_accounts set trial_refused_at = now() where tenant_id = tenant;
    return false;
  end if;
  insert into public.billing_trials (account_id) values (owner);
  return true;
end
$$;
revoke all on function take_trial from public;
grant execute on function take_trial to whoot_app;

-- The workspace's domain that the member's address was on, until they changed it: whoever must come by single sign-on does not get around that
-- with another address.
alter table members add column left_domain text;
grant update (left_domain) on members to whoot_platform;
