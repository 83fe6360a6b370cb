-- Access reviews: every member's access at the start of the review, and what reviewers decided.
-- No table here refers to members or roles, because a report outlives both.

create table access_reviews (
  tenant_id uuid not null references tenants,
  review_id uuid not null,
  name text not null,
  started_by_name text not null,
  started_at timestamptz(3) not null,
  due_at timestamptz(3) not null,
  -- The number of channels, and the first open ones by name. They are the same for every member whose role may join.
  channel_count integer not null,
  open_channel_count integer not null,
  open_channels text[] not null,
  member_count integer not null,
  ended_at timestamptz(3),
  ended_by_name text,
  -- Why the review ended with undecided members.
  end_note text not null default '',
  -- Counted once, when the review ends.
  final_counts jsonb,
  primary key (tenant_id, review_id),
  check ((ended_at is null) = (final_counts is null) and (ended_at is null) = (ended_by_name is null))
);
create index on access_reviews (tenant_id, started_at desc, review_id desc);
-- Only one review can be open at a time, because two would ask for a decision on the same access.
create unique index access_reviews_tenant_id_open on access_reviews (tenant_id) where ended_at is null;
call protect_tenant_table('access_reviews');
grant select, insert, update (ended_at, ended_by_name, end_note, final_counts) on access_reviews to whoot_app;

create table access_review_roles (
  tenant_id uuid not null references tenants,
  review_id uuid not null,
  role_id uuid not null,
  name text not null,
  permissions text[] not null,
  -- The restricted channels that the role was chosen to talk on, by name.
  channels text[] not null,
  primary key (tenant_id, review_id, role_id),
  foreign key (tenant_id, review_id) references access_reviews
);
call protect_tenant_table('access_review_roles');
grant select, insert on access_review_roles to whoot_app;

create table access_review_items (
  tenant_id uuid not null references tenants,
  review_id uuid not null,
  member_id uuid not null,
  -- Position in the review. Members who stand out come first.
  position integer not null,
  member_name text not null,
  email text not null,
  role_id uuid not null,
  is_owner boolean not null,
  suspended boolean not null,
  joined_at timestamptz(3) not null,
  last_seen_at timestamptz(3),
  -- The restricted channels that the member was chosen to talk on, by name.
  channels text[] not null,
  -- left: was no longer a member when the review ended, though no decision removed them.
  decision text not null default 'pending' check (decision in ('pending', 'approved', 'changed', 'revoked', 'left')),
  note text not null default '',
  -- The role that the decision left the member with.
  role_after text,
  decided_by_member_id uuid,
  decided_by_name text,
  decided_at timestamptz(3),
  primary key (tenant_id, review_id, member_id),
  foreign key (tenant_id, review_id, role_id) references access_review_roles,
  check ((decision in ('pending', 'left')) = (decided_at is null))
);
create unique index on access_review_items (tenant_id, review_id, position);
create index on access_review_items (tenant_id, review_id, position) where decision = 'pending';
create index on access_review_items (tenant_id, review_id, role_id);
call protect_tenant_table('access_review_items');
grant select, insert, update (decision, note, role_after, decided_by_member_id, decided_by_name, decided_at)
  on access_review_items to whoot_app;
