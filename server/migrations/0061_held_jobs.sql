-- Jobs that a long run makes for the time after it. As jobs they would wake all workers for each one, and lengthen every search for the next job.
create table held_jobs (
  held_job_id uuid primary key default gen_random_uuid(),
  held_at timestamptz not null default clock_timestamp(),
  task text not null,
  payload jsonb not null
);

create function hold_jobs(task text, payloads jsonb) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    insert into public.held_jobs (task, payload) select hold_jobs.task, payload from jsonb_array_elements(payloads) payload
  $$;
revoke all on function hold_jobs from public;
grant execute on function hold_jobs to whoot_app;

-- Makes jobs of the oldest `most` held ones, with the priority that enqueue_jobs gives. Returns how many.
create function release_held_jobs(most integer) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    with next as materialized (
      select held_job_id from public.held_jobs order by held_at, held_job_id limit most for update skip locked),
    released as (
      delete from public.held_jobs held using next where held.held_job_id = next.held_job_id
      returning held.task, held.payload, held.held_at)
    select count(*) from graphile_worker.add_jobs(array(
      select row(task, payload::json, null, null, 25, null, 10, null)::graphile_worker.job_spec from released order by held_at))
  $$;
revoke all on function release_held_jobs from public;
grant execute on function release_held_jobs to whoot_platform;

create or replace function erase_jobs(of_tenant uuid) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    with erased as (
      delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
      where task.id = job.task_id and task.identifier <> 'eraseTenant' and job.payload ->> 'tenantId' = of_tenant::text
      returning 1),
    never_released as (delete from public.held_jobs where payload ->> 'tenantId' = of_tenant::text returning 1)
    select (select count(*) from erased) + (select count(*) from never_released)
  $$;
