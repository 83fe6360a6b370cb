-- Roles that a workspace makes itself.

alter table roles
  add column description text not null default '',
  -- Counts the changes, so that of two who edit at once the second hears of the first.
  add column version integer not null default 1;

-- Never built_in: with the check of 0003 the serving role can neither make a built-in role nor give one permissions.
grant insert (tenant_id, role_id, name, description, permissions) on roles to whoot_app;
grant update (name, description, permissions, version) on roles to whoot_app;
grant delete on roles to whoot_app;

-- A role that is deleted is replaced where it was held.
grant update (role_id) on members to whoot_app;

-- Changes of who may do what in a tenant happen one after the other, by a lock on its row, which takes a right to change something of it.
grant update (name) on tenants to whoot_app;
