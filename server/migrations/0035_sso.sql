-- Single sign-on: connections of a workspace to identity providers, who its members are there, and what a session proved through them.

-- People who joined through a provider have no password until they choose one by mail.
alter table accounts alter column password_hash drop not null;

-- A session that a provider's answer began is one workspace's alone.
alter table sessions drop constraint sessions_signed_in_by_check;
alter table sessions add constraint sessions_signed_in_by_check
  check (signed_in_by in ('password', 'mailed_link', 'passkey', 'sso'));
-- Whose provider began the session. Until the person proves the account itself, it is nobody else's.
alter table sessions add column sso_tenant_id uuid check ((sso_tenant_id is not null) = (signed_in_by = 'sso'));

alter table tenants
  add column sso_policy text not null default 'optional' check (sso_policy in ('optional', 'required')),
  add column sso_hours integer not null default 12 check (sso_hours between 1 and 720);
grant update (sso_policy, sso_hours) on tenants to whoot_app;

create table sso_connections (
  tenant_id uuid not null references tenants,
  connection_id uuid not null,
  name text not null,
  provider text not null,
  protocol text not null check (protocol in ('saml', 'oidc')),
  enabled boolean not null default false,
  created_at timestamptz not null default now(),
  -- SAML: what the provider's metadata say.
  idp_entity_id text,
  sign_on_url text,
  metadata_url text,
  certificates text[] not null default '{}',
  takes_encrypted boolean not null default false,
  -- SAML: the key that signs requests and opens encrypted assertions, sealed with the platform's key.
  service_key_sealed bytea,
  service_certificate text,
  -- OpenID Connect.
  issuer text,
  client_id text,
  client_secret_sealed bytea,
  -- Null: the NameID, or the claim sub.
  subject_attribute text,
  mapping jsonb not null default '{}',
  group_roles jsonb not null default '[]',
  joining text not null default 'invited' check (joining in ('invited', 'just_in_time')),
  default_role_id uuid,
  counts_as_mfa boolean not null default false,
  -- Who last changed what the connection trusts. It joins nobody automatically who may do more than they.
  trusted_by uuid,
  -- A test that succeeded with what the connection trusts now, and whose it was.
  tested_at timestamptz,
  tested_by uuid,
  -- Days before its last certificate expires of which admins were told.
  warned_days smallint,
  primary key (tenant_id, connection_id),
  foreign key (tenant_id, default_role_id) references roles (tenant_id, role_id) on delete set null (default_role_id)
);
call protect_tenant_table('sso_connections');
grant select, insert, delete,
  update (name, enabled, idp_entity_id, sign_on_url, metadata_url, certificates, takes_encrypted, issuer, client_id, client_secret_sealed,
    subject_attribute, mapping, group_roles, joining, default_role_id, counts_as_mfa, trusted_by, tested_at, tested_by, warned_days)
  on sso_connections to whoot_app;

-- Who a member is at a provider. The subject identifies them, never the address.
create table sso_identities (
  tenant_id uuid not null references tenants,
  connection_id uuid not null,
  subject text not null check (length(subject) <= 1024),
  member_id uuid not null,
  linked_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  primary key (tenant_id, connection_id, subject),
  unique (tenant_id, connection_id, member_id),
  foreign key (tenant_id, connection_id) references sso_connections (tenant_id, connection_id) on delete cascade,
  foreign key (tenant_id, member_id) references members (tenant_id, member_id) on delete cascade
);
call protect_tenant_table('sso_identities');
grant select, insert, delete, update (last_used_at) on sso_identities to whoot_app;

-- Assertions that were used: each counts once, on every node.
create table sso_assertions (
  tenant_id uuid not null references tenants,
  connection_id uuid not null,
  -- SHA-256 of the assertion's id.
  assertion_hash bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, connection_id, assertion_hash),
  foreign key (tenant_id, connection_id) references sso_connections (tenant_id, connection_id) on delete cascade
);
call protect_tenant_table('sso_assertions');
grant select, insert, delete on sso_assertions to whoot_app;

-- What a session proved to this workspace, and to no other.
alter table member_sessions
  add column sso_connection_id uuid,
  add column sso_proved_at timestamptz,
  add column sso_until timestamptz,
  add column sso_second_factor boolean not null default false;
grant update (sso_connection_id, sso_proved_at, sso_until, sso_second_factor) on member_sessions to whoot_app;

-- Directory: whose a connection is.
create table directory_sso_connections (
  connection_id uuid primary key,
  tenant_id uuid not null,
  foreign key (tenant_id, connection_id) references sso_connections (tenant_id, connection_id) on delete cascade
);
create index on directory_sso_connections (tenant_id);
grant select, insert, delete on directory_sso_connections to whoot_platform;
grant insert on directory_sso_connections to whoot_app;
alter table directory_sso_connections enable row level security;
alter table directory_sso_connections force row level security;
create policy platform_all on directory_sso_connections to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_sso_connections for insert to whoot_app with check (tenant_id = current_tenant_id());

-- Directory: sign-ins that a browser began and has not finished.
create table directory_sso_transactions (
  transaction_id uuid primary key,
  tenant_id uuid not null,
  connection_id uuid not null,
  purpose text not null check (purpose in ('sign_in', 'confirm', 'link', 'test')),
  -- SHA-256 of the RelayState, or of the state.
  handle_hash bytea not null unique,
  -- SAML: the request's id, which the response must answer.
  request_id text unique,
  -- SHA-256 of the cookie of the browser that began.
  browser_hash bytea not null,
  -- The session that began a link, a test or a confirmation.
  session_id uuid,
  -- OpenID Connect: nonce and code verifier.
  secrets_sealed bytea,
  -- SAML: what the response said, until the browser fetches it with the ticket.
  ticket_hash bytea unique,
  outcome_sealed bytea,
  answered_at timestamptz,
  finished_at timestamptz,
  started_at timestamptz not null default now()
);
create index on directory_sso_transactions (tenant_id);
create index on directory_sso_transactions (started_at);
grant select, insert, update, delete on directory_sso_transactions to whoot_platform;
