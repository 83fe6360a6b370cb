-- What a person sees across the tenants that they belong to: where they were last, what was said since, who invites them.

-- When this member last had the workspace open, in sight or listening. What was recorded since is new to them.
alter table members add column last_visit_at timestamptz;
grant update (last_visit_at) on members to whoot_app;

-- What was recorded since a visit, on whichever channel: as long as its answer, however many channels there are.
create index on transmissions (tenant_id, started_at);

-- Directory: which tenants have an invitation for the person of an address. It names no address: SHA-256 of it.
create table directory_invitees (
  email_hash bytea not null,
  tenant_id uuid not null,
  invitation_id uuid not null,
  primary key (email_hash, invitation_id),
  foreign key (tenant_id, invitation_id) references invitations on delete cascade
);
create index on directory_invitees (tenant_id, invitation_id);
grant select, insert, delete on directory_invitees to whoot_platform;
-- Like directory_invitations: a tenant's own transactions add entries of that tenant, and can read nothing of it.
grant insert on directory_invitees to whoot_app;
alter table directory_invitees enable row level security;
create policy platform_all on directory_invitees to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_invitees for insert to whoot_app with check (tenant_id = current_tenant_id());

-- Invitations from before. The owner is held to their policy too, but for this moment.
alter table invitations no force row level security;
insert into directory_invitees (email_hash, tenant_id, invitation_id)
  select sha256(convert_to(email, 'UTF8')), tenant_id, invitation_id from invitations
  where accepted_at is null and revoked_at is null;
alter table invitations force row level security;
alter table directory_invitees force row level security;
