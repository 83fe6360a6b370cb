-- A person's view across their tenants: their last visit, transmissions since then, and invitations.

-- When this member last had the workspace open, visible or listening. Later recordings are new to them.
alter table members add column last_visit_at timestamptz;
grant update (last_visit_at) on members to whoot_app;

-- Finds transmissions since a visit on all channels, without reading more rows than it returns.
create index on transmissions (tenant_id, started_at);

-- Directory: the tenants with an invitation for an address. It holds the address only as SHA-256.
create table directory_invitees (
  email_hash bytea not null,
  tenant_id uuid not null,
  invitation_id uuid not null,
  primary key (email_hash, invitation_id),
  foreign key (tenant_id, invitation_id) references invitations on delete cascade
);
create index on directory_invitees (tenant_id, invitation_id);
grant select, insert, delete on directory_invitees to whoot_platform;
-- As for directory_invitations: a tenant's transaction can add that tenant's entries, but cannot read the table.
grant insert on directory_invitees to whoot_app;
alter table directory_invitees enable row level security;
create policy platform_all on directory_invitees to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_invitees for insert to whoot_app with check (tenant_id = current_tenant_id());

-- For earlier invitations. The policy applies to the migrating role too, so it is lifted for this statement.
alter table invitations no force row level security;
insert into directory_invitees (email_hash, tenant_id, invitation_id)
  select sha256(convert_to(email, 'UTF8')), tenant_id, invitation_id from invitations
  where accepted_at is null and revoked_at is null;
alter table invitations force row level security;
alter table directory_invitees force row level security;
