-- Tenants with their members, roles and invitations, and the directory, which finds a tenant when none is set.

create table tenants (
  tenant_id uuid primary key,
  slug text not null,
  name text not null,
  owner_member_id uuid not null,
  created_at timestamptz not null default now()
);
call protect_tenant_table('tenants');
grant select on tenants to whoot_app;
grant insert on tenants to whoot_platform;

create table roles (
  tenant_id uuid not null references tenants,
  role_id uuid not null,
  name text not null,
  -- The permissions of built-in roles are in the code, so that an upgrade changes them in every tenant.
  built_in text check (built_in in ('admin', 'member', 'viewer')),
  permissions text[],
  created_at timestamptz not null default now(),
  primary key (tenant_id, role_id),
  check ((built_in is null) = (permissions is not null))
);
create unique index roles_tenant_id_name on roles (tenant_id, lower(name));
create unique index roles_tenant_id_built_in on roles (tenant_id, built_in);
call protect_tenant_table('roles');
grant select on roles to whoot_app;
grant insert on roles to whoot_platform;

create table members (
  tenant_id uuid not null references tenants,
  member_id uuid not null,
  -- No foreign key, because the app role cannot see accounts. Deleting an account removes its memberships first.
  account_id uuid not null,
  role_id uuid not null,
  name text not null,
  email text not null,
  status text not null default 'active' check (status in ('active', 'suspended')),
  joined_at timestamptz not null default now(),
  primary key (tenant_id, member_id),
  unique (tenant_id, account_id),
  foreign key (tenant_id, role_id) references roles
);
create index on members (tenant_id, role_id);
create index on members (tenant_id, joined_at, member_id);
create index on members (tenant_id, email);
call protect_tenant_table('members');
grant select, insert on members to whoot_app;
grant insert on members to whoot_platform;

-- A tenant always has an owner. Deferred, because one transaction creates both rows.
alter table tenants add foreign key (tenant_id, owner_member_id) references members deferrable initially deferred;

create table invitations (
  tenant_id uuid not null references tenants,
  invitation_id uuid not null,
  email text not null check (email = lower(email)),
  role_id uuid not null,
  invited_by_name text not null,
  -- The token of the link for copying, sealed with the tenant's key. The mailed link's token is stored only as a hash.
  token_sealed bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, invitation_id),
  foreign key (tenant_id, role_id) references roles
);
create index on invitations (tenant_id, role_id);
create index on invitations (tenant_id, created_at desc, invitation_id desc) where accepted_at is null and revoked_at is null;
create unique index invitations_tenant_id_open_email on invitations (tenant_id, email)
  where accepted_at is null and revoked_at is null;
call protect_tenant_table('invitations');
grant select, insert, update on invitations to whoot_app;

-- The directory: tables that answer "which tenant?". A tenant policy cannot protect them, so they hold nothing else
-- that is confidential, and only the platform role reads them. The boot check lists them by name.
create table directory_slugs (
  slug text primary key,
  tenant_id uuid not null unique
);
create table directory_memberships (
  account_id uuid not null,
  tenant_id uuid not null,
  primary key (account_id, tenant_id)
);
create index on directory_memberships (tenant_id);
create table directory_invitations (
  -- SHA-256 of a link's token.
  token_hash bytea primary key,
  tenant_id uuid not null,
  invitation_id uuid not null,
  -- True for the mailed link: whoever has it can read that mailbox.
  proves_email boolean not null
);
create index on directory_invitations (tenant_id);
-- Tenants whose rows and files are being erased. Their row here is removed last.
create table directory_erasures (
  tenant_id uuid primary key,
  requested_at timestamptz not null default now()
);
grant select, insert, delete on directory_slugs, directory_memberships, directory_invitations, directory_erasures
  to whoot_platform;
-- A tenant's transaction can add that tenant's entries to the directory, but cannot read the directory.
grant insert on directory_memberships, directory_invitations to whoot_app;
alter table directory_memberships enable row level security;
alter table directory_memberships force row level security;
create policy platform_all on directory_memberships to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_memberships for insert to whoot_app with check (tenant_id = current_tenant_id());
alter table directory_invitations enable row level security;
alter table directory_invitations force row level security;
create policy platform_all on directory_invitations to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_invitations for insert to whoot_app with check (tenant_id = current_tenant_id());

-- "My tenants" reads a person's memberships across tenants: the only reads above tenants, SELECT alone.
create policy platform_read on tenants for select to whoot_platform using (true);
create policy platform_read on roles for select to whoot_platform using (true);
create policy platform_read on members for select to whoot_platform using (true);
