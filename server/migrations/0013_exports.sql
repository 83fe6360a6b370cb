-- Exports: everything of a tenant as one archive, made in the background. The archive is a sealed file, server/src/exports/archive.ts.

create table exports (
  tenant_id uuid not null references tenants,
  export_id uuid not null,
  -- Who requested it. Null once that person is no longer a member. The name stays.
  member_id uuid,
  requested_by_name text not null,
  requested_at timestamptz not null default now(),
  status text not null default 'building' check (status in ('building', 'ready', 'failed')),
  -- A sentence for the person who requested it, if it failed.
  failure text,
  finished_at timestamptz,
  expires_at timestamptz,
  -- The number of rows and recordings in the archive so far, and the total at the start.
  items_done bigint not null default 0,
  items_total bigint not null default 0,
  -- Bytes of the archive before sealing.
  size bigint not null default 0,
  -- Where to continue after a crash. The first `size` bytes are already written.
  checkpoint jsonb,
  -- The last of these bytes, which do not fill a chunk of the file yet, sealed with the tenant's key.
  tail_sealed bytea,
  primary key (tenant_id, export_id),
  foreign key (tenant_id, member_id) references members on delete set null (member_id)
);
create index on exports (tenant_id, member_id);
-- Only one export at a time.
create unique index exports_tenant_id_building on exports (tenant_id) where status = 'building';
call protect_tenant_table('exports');
grant select, insert, delete,
  update (status, failure, finished_at, expires_at, items_done, items_total, size, checkpoint, tail_sealed) on exports to whoot_app;
