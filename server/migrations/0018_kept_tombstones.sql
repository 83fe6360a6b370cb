-- What the folder `deletions/` holds, once a deletion is done: whichever of the two an operator puts back of an earlier day learns from the
-- other what was deleted since. Nothing leads from here to anything but the tenant's id, and no serving role may take it back.
create table directory_tombstones (
  tenant_id uuid primary key,
  tombstone jsonb not null
);
grant select, insert, update on directory_tombstones to whoot_platform;
