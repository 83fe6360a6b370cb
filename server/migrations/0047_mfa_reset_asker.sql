-- A request to switch off somebody's second factors counts only as long as whoever asked may ask. Requests of before don't say who did.
delete from directory_mfa_resets;
alter table directory_mfa_resets
  -- The member of the tenant who asked.
  add column asked_by uuid not null;

drop function ask_mfa_reset(uuid, bytea);
-- Asks in the name of the tenant that the transaction has entered. Asking again replaces the link.
create function ask_mfa_reset(asked_for uuid, token bytea, asker uuid) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  asking uuid := public.current_tenant_id();
begin
  if asking is null then raise exception 'no tenant is entered'; end if;
  insert into public.directory_mfa_resets (account_id, tenant_id, token_hash, asked_by) values (asked_for, asking, token, asker)
    on conflict (account_id, tenant_id) do update set token_hash = token, asked_by = asker, asked_at = now();
end
$$;
revoke all on function ask_mfa_reset from public;
grant execute on function ask_mfa_reset to whoot_app;
