-- What a deleted workspace owed and lost, for the receipt, and what of it the archive has (server/src/billing/archive). Null: not known yet.
alter table directory_erasures
  add column billing jsonb,
  add column archived jsonb,
  -- What the erasure waits for, for the owner: `archive`. Null: it goes on.
  add column waits_for text;
grant update (billing, archived, waits_for) on directory_erasures to whoot_platform;
