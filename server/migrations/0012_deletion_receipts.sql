-- Deletions that can be followed and proved: what was erased is counted in the transaction that erases it.

-- The note of a deletion lives in a file outside the database too (server/src/platform/tombstones.ts); this row is its work in progress.
alter table directory_erasures
  -- SHA-256 of the link that its owner follows it by. Null for a deletion of before, and for one that is repeated after a restore.
  add column token_hash bytea,
  -- Found again in a restored backup, and deleted again.
  add column replay boolean not null default false,
  -- { kind: how many }, of what the transactions until now erased.
  add column counts jsonb not null default '{}',
  -- { kind: how many } that there were at the beginning. Null until they are counted.
  add column totals jsonb,
  -- The files that are being removed, [[place, name]]: noted before, counted after, so that a crash counts none twice.
  add column removing jsonb not null default '[]';
grant update (counts, totals, removing) on directory_erasures to whoot_platform;

-- Jobs still waiting that speak of the tenant, but for the one that erases it. It says how many now, hence anew.
drop function erase_jobs(uuid);
create function erase_jobs(of_tenant uuid) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    with erased as (
      delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
      where task.id = job.task_id and task.identifier <> 'eraseTenant' and job.payload ->> 'tenantId' = of_tenant::text
      returning 1)
    select count(*) from erased
  $$;
revoke all on function erase_jobs from public;
grant execute on function erase_jobs to whoot_platform;
