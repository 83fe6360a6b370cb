-- Writes the policy's expression out instead of calling current_tenant_id(). PostgreSQL plans most statements anew and inlined the
-- function for each of their tables, which was half of the cost of row-level security.

create or replace procedure protect_tenant_table(table_name regclass)
  language plpgsql
  as $$
begin
  execute format('alter table %s enable row level security', table_name);
  execute format('alter table %s force row level security', table_name);
  -- As in current_tenant_id(): '' and NULL both mean "no tenant, no rows".
  execute format(
    $policy$create policy tenant_isolation on %s using (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)$policy$,
    table_name);
  -- Purging a deleted tenant sets that tenant and deletes its rows under the same policy.
  execute format('grant select, delete on %s to whoot_platform', table_name);
end
$$;

do $$
declare
  protected regclass;
begin
  for protected in select polrelid::regclass from pg_policy where polname = 'tenant_isolation' loop
    execute format(
      $policy$alter policy tenant_isolation on %s using (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)
        with check (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)$policy$,
      protected);
  end loop;
end
$$;
