create table channels (
  tenant_id uuid not null references tenants,
  channel_id uuid not null,
  name text not null,
  description text not null default '',
  recording boolean not null default false,
  transmission text not null default 'open' check (transmission in ('open', 'restricted')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, channel_id)
);
create unique index channels_tenant_id_name on channels (tenant_id, lower(name));
call protect_tenant_table('channels');
grant select, insert, update, delete on channels to whoot_app;

-- Who may talk on a restricted channel: the roles and the members that were chosen.
create table channel_talker_roles (
  tenant_id uuid not null references tenants,
  channel_id uuid not null,
  role_id uuid not null,
  primary key (tenant_id, channel_id, role_id),
  foreign key (tenant_id, channel_id) references channels on delete cascade,
  foreign key (tenant_id, role_id) references roles on delete cascade
);
create index on channel_talker_roles (tenant_id, role_id);
call protect_tenant_table('channel_talker_roles');
grant select, insert, delete on channel_talker_roles to whoot_app;

create table channel_talker_members (
  tenant_id uuid not null references tenants,
  channel_id uuid not null,
  member_id uuid not null,
  primary key (tenant_id, channel_id, member_id),
  foreign key (tenant_id, channel_id) references channels on delete cascade,
  foreign key (tenant_id, member_id) references members on delete cascade
);
create index on channel_talker_members (tenant_id, member_id);
call protect_tenant_table('channel_talker_members');
grant select, insert, delete on channel_talker_members to whoot_app;

-- One press by one speaker on one recorded channel. The audio is a sealed file named after the transmission.
create table transmissions (
  tenant_id uuid not null references tenants,
  transmission_id uuid not null,
  channel_id uuid not null,
  -- Null once the speaker is no longer a member; speaker_name stays.
  member_id uuid,
  speaker_name text not null,
  started_at timestamptz not null,
  duration_ms integer not null default 0 check (duration_ms >= 0),
  status text not null default 'recording' check (status in ('recording', 'complete', 'incomplete', 'cut_short')),
  -- Loudness over time, 0–100, at most 100 values.
  waveform smallint[] not null default '{}',
  primary key (tenant_id, transmission_id),
  foreign key (tenant_id, channel_id) references channels on delete cascade,
  foreign key (tenant_id, member_id) references members on delete set null (member_id)
);
create index on transmissions (tenant_id, channel_id, started_at desc, transmission_id desc);
create index on transmissions (tenant_id, member_id);
call protect_tenant_table('transmissions');
grant select, insert, update, delete on transmissions to whoot_app;
