-- Exports: everything of a tenant as one archive, made in the background. The archive is a sealed file, server/src/exports/archive.ts.

create table exports (
  tenant_id uuid not null references tenants,
  export_id uuid not null,
  -- Who asked for it; null once that person is no longer a member, the name stays.
  member_id uuid,
  requested_by_name text not null,
  requested_at timestamptz not null default now(),
  status text not null default 'building' check (status in ('building', 'ready', 'failed')),
  -- A sentence, when it failed.
  failure text,
  finished_at timestamptz,
  expires_at timestamptz,
  -- Rows and recordings that are in it, and that there were at its beginning.
  items_done bigint not null default 0,
  items_total bigint not null default 0,
  -- Bytes of the archive, in clear.
  size bigint not null default 0,
  -- Where to go on after a crash; the first `size` bytes are made by then.
  checkpoint jsonb,
  -- Those of them that do not fill a chunk of the file yet, sealed with the tenant's key.
  tail_sealed bytea,
  primary key (tenant_id, export_id),
  foreign key (tenant_id, member_id) references members on delete set null (member_id)
);
create index on exports (tenant_id, member_id);
-- One at a time.
create unique index exports_tenant_id_building on exports (tenant_id) where status = 'building';
call protect_tenant_table('exports');
grant select, insert, delete,
  update (status, failure, finished_at, expires_at, items_done, items_total, size, checkpoint, tail_sealed) on exports to whoot_app;
