-- Many invitations at once: who sent each one and when, and counts that limit a workspace's mails.

-- Who sent the invitation last. It can be accepted only while that member may give its role. No foreign key: when the member
-- is removed, the invitation stops working.
alter table invitations add column invited_by_member_id uuid;
-- SHA-256 of the newest mail's token. Links of earlier mails are replaced. Null for invitations from before this column.
alter table invitations add column mailed_hash bytea;
-- When the newest mail was requested.
alter table invitations add column mailed_at timestamptz;

-- Earlier invitations count as the owner's. The policies apply to the migrating role too, so they are lifted for this update.
alter table tenants no force row level security;
alter table invitations no force row level security;
update invitations set mailed_at = invitations.created_at, invited_by_member_id = tenants.owner_member_id
  from tenants where tenants.tenant_id = invitations.tenant_id;
alter table tenants force row level security;
alter table invitations force row level security;
alter table invitations alter column invited_by_member_id set not null;
alter table invitations alter column mailed_at set not null;

revoke update on invitations from whoot_app;
grant update (role_id, invited_by_member_id, invited_by_name, mailed_hash, mailed_at, expires_at, accepted_at, revoked_at)
  on invitations to whoot_app;

-- The mails of the last day, for counting. Inserting removes older rows.
create table invitation_mails (
  tenant_id uuid not null references tenants,
  mail_id uuid not null,
  invitation_id uuid not null,
  asked_at timestamptz not null default now(),
  primary key (tenant_id, mail_id),
  foreign key (tenant_id, invitation_id) references invitations on delete cascade
);
create index on invitation_mails (tenant_id, asked_at);
create index on invitation_mails (tenant_id, invitation_id);
call protect_tenant_table('invitation_mails');
grant select, insert, delete on invitation_mails to whoot_app;

-- enqueue_job for many payloads (a JSON array) in one round trip, with lower priority than single jobs: a thousand invitations
-- must not delay the mail that somebody needs to sign in.
create function enqueue_jobs(task text, payloads jsonb) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
  as $$
    select graphile_worker.add_jobs(array(
      select row(task, payload::json, null, null, 25, null, 10, null)::graphile_worker.job_spec
      from jsonb_array_elements(payloads) payload))
  $$;
revoke all on function enqueue_jobs from public;
grant execute on function enqueue_jobs to whoot_app, whoot_platform;
