-- Since when a tenant is deleted: set by the deletion's transaction, which takes the roster's lock with it. Whoever waited for that
-- lock, and whoever is admitted afterwards, finds no tenant, while the erasure has not come to its rows yet.
alter table tenants add column deleted_at timestamptz;
grant update (deleted_at) on tenants to whoot_platform;
