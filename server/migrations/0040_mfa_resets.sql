-- Directory: workspaces that ask to switch off the second factors of an account. It takes all that rely on the account.
create table directory_mfa_resets (
  account_id uuid not null,
  tenant_id uuid not null,
  -- SHA-256 of the mailed link's token.
  token_hash bytea not null unique,
  asked_at timestamptz not null default now(),
  primary key (account_id, tenant_id),
  -- Somebody who is no longer a member is no longer asked for.
  foreign key (account_id, tenant_id) references directory_memberships on delete cascade
);
create index on directory_mfa_resets (tenant_id);
grant select, delete on directory_mfa_resets to whoot_platform;

-- Asks in the name of the tenant that the transaction has entered. Asking again replaces the link.
create function ask_mfa_reset(asked_for uuid, token bytea) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  asking uuid := public.current_tenant_id();
begin
  if asking is null then raise exception 'no tenant is entered'; end if;
  insert into public.directory_mfa_resets (account_id, tenant_id, token_hash) values (asked_for, asking, token)
    on conflict (account_id, tenant_id) do update set token_hash = token, asked_at = now();
end
$$;
revoke all on function ask_mfa_reset from public;
grant execute on function ask_mfa_reset to whoot_app;
