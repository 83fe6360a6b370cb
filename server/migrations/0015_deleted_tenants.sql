-- When the tenant was deleted. The deletion's transaction sets it under the roster's lock, so whoever waits for that lock or is
-- admitted later finds no tenant, even while its rows are still there.
alter table tenants add column deleted_at timestamptz;
grant update (deleted_at) on tenants to whoot_platform;
