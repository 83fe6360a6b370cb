-- Replaces erase_audit_log(integer), which searched for the oldest entries each time and read past all erased rows. This one gets the rows'
-- locations (null: all). It compares the tenant too, because a location may hold another row by now.
drop function erase_audit_log(integer);
create function erase_audit_log(places tid[]) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  -- PostgreSQL would keep a plan that it made for small tenants: it reads all entries of the tenant and looks which are named.
  set plan_cache_mode = force_custom_plan
  as $$
    with erased as (
      delete from public.audit_log where tenant_id = public.current_tenant_id()
        and exists (select from public.directory_erasures erasure where erasure.tenant_id = public.current_tenant_id())
        and (places is null or ctid = any(places))
      returning 1)
    select count(*) from erased
  $$;
revoke all on function erase_audit_log from public;
grant execute on function erase_audit_log to whoot_platform;
