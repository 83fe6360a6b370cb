-- The roles' rights, and the one way to protect a tenant table. Every later migration relies on both.
-- The server creates the roles whoot_app and whoot_platform before the first migration, because roles belong to the cluster.

-- Nothing is reachable unless a migration grants it.
revoke all on schema public from public;
grant usage on schema public to whoot_app, whoot_platform;

-- STABLE and SQL, so that the planner inlines it: as VOLATILE it was called per row (178 ms instead of 0.15).
-- After a transaction that set the tenant the setting reads '', not NULL: nullif makes both mean "no tenant, no rows".
create function current_tenant_id() returns uuid
  language sql stable parallel safe
  as $$ select nullif(current_setting('whoot.tenant_id', true), '')::uuid $$;

-- The template of every tenant table. The boot check (server/src/platform/db/tenancy-check.ts) compares each table with it.
create procedure protect_tenant_table(table_name regclass)
  language plpgsql
  as $$
begin
  execute format('alter table %s enable row level security', table_name);
  execute format('alter table %s force row level security', table_name);
  execute format(
    'create policy tenant_isolation on %s using (tenant_id = current_tenant_id()) with check (tenant_id = current_tenant_id())',
    table_name);
  -- Purging a deleted tenant sets that tenant and deletes its rows under the same policy.
  execute format('grant select, delete on %s to whoot_platform', table_name);
end
$$;
revoke all on procedure protect_tenant_table from public;

-- Queues work for after the caller's commit. The job tables belong to the owner, and only this function gives access to them.
-- A payload that holds a tenant's data names the tenant as tenantId, so that erase_jobs finds it.
create function enqueue_job(task text, payload jsonb, job_key text default null) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$ select graphile_worker.add_job(task, payload::json, job_key => job_key, max_attempts => 25) $$;
revoke all on function enqueue_job from public;
grant execute on function enqueue_job to whoot_app, whoot_platform;

-- Removes the tenant's waiting jobs, except the one that erases the tenant.
create function erase_jobs(of_tenant uuid) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
    where task.id = job.task_id and task.identifier <> 'eraseTenant' and job.payload ->> 'tenantId' = of_tenant::text
  $$;
revoke all on function erase_jobs from public;
grant execute on function erase_jobs to whoot_platform;
