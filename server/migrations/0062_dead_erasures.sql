-- Erases the failed jobs of earlier erasures too: they would keep the tenant's id and an error text. A job that runs, or may run again, stays.
create or replace function erase_jobs(of_tenant uuid) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    with erased as (
      delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
      where task.id = job.task_id and job.payload ->> 'tenantId' = of_tenant::text
        and (task.identifier <> 'eraseTenant' or job.locked_at is null and job.attempts >= job.max_attempts)
      returning task.identifier),
    never_released as (delete from public.held_jobs where payload ->> 'tenantId' = of_tenant::text returning 1)
    select (select count(*) from erased where identifier <> 'eraseTenant') + (select count(*) from never_released)
  $$;
