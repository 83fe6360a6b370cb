-- A copy of `deletions/` for finished deletions. If an operator restores an older version of the folder or of the database, each learns
-- from the other what was deleted since. It holds no data of the tenant except its id, and no serving role may delete from it.
create table directory_tombstones (
  tenant_id uuid primary key,
  tombstone jsonb not null
);
grant select, insert, update on directory_tombstones to whoot_platform;
