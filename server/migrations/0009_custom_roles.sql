-- Custom roles of a workspace.

alter table roles
  add column description text not null default '',
  -- Counts the changes, so that the second of two concurrent edits is refused.
  add column version integer not null default 1;

-- Without built_in: with the check of 0003, the serving role can neither create a built-in role nor give one permissions.
grant insert (tenant_id, role_id, name, description, permissions) on roles to whoot_app;
grant update (name, description, permissions, version) on roles to whoot_app;
grant delete on roles to whoot_app;
