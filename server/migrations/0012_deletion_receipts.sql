-- Progress and receipts of deletions. Erased rows are counted in the transaction that erases them.

-- The note of a deletion lives in a file outside the database too (server/src/platform/tombstones.ts); this row is its work in progress.
alter table directory_erasures
  -- SHA-256 of the link with which the owner follows the erasure. Null for earlier deletions and for those repeated after a restore.
  add column token_hash bytea,
  -- True when a restored backup brought the tenant back and it is deleted again.
  add column replay boolean not null default false,
  -- { kind: count } of what was erased so far.
  add column counts jsonb not null default '{}',
  -- { kind: count } at the beginning. Null until counted.
  add column totals jsonb,
  -- The files that are being removed, [[place, name]]. Noted before and counted after the removal, so a crash counts none twice.
  add column removing jsonb not null default '[]';
grant update (counts, totals, removing) on directory_erasures to whoot_platform;

-- Removes the tenant's waiting jobs, except the one that erases the tenant. Dropped and created again, because it now returns a count.
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
