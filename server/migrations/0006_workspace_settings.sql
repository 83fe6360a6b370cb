-- Display settings, logo, slugs that keep working after a change, and offers of ownership.

-- Slugs with the same skeleton look alike in an address bar (like Unicode UTS #39 §4, for a–z, 0–9 and hyphens): 0 is o, 1 and i are l,
-- rn is m, vv is w, hyphens are ignored. Weaker likenesses (5 and s, cl and d) are allowed: "clark" must not block "dark".
create function slug_skeleton(slug text) returns text
  language sql immutable parallel safe
  as $$ select replace(replace(translate(slug, '01i-', 'oll'), 'rn', 'm'), 'vv', 'w') $$;
revoke all on function slug_skeleton from public;
grant execute on function slug_skeleton to whoot_platform;

-- A tenant has one current slug, and earlier slugs that lead to it until they expire.
alter table directory_slugs
  -- Null for the current slug. A time in the past: the slug is free.
  add column kept_until timestamptz,
  add column skeleton text not null generated always as (slug_skeleton(slug)) stored,
  drop constraint directory_slugs_tenant_id_key;
create unique index directory_slugs_tenant_id_current on directory_slugs (tenant_id) where kept_until is null;
create index on directory_slugs (tenant_id);
create index on directory_slugs (skeleton);

-- The only way to take a slug, for the transaction's tenant. Its previous slug is kept for 90 days. Returns null, or why it was refused.
-- Runs as the owner, so that a tenant's transaction can take a slug without reading the directory.
create function claim_slug(wanted text) returns text
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  claimant uuid := public.current_tenant_id();
  wanted_skeleton text := public.slug_skeleton(wanted);
  nearest text;
begin
  if claimant is null then raise exception 'no tenant is entered'; end if;
  -- Two who claim look-alikes at once come one after the other; the check below sees what the first one committed.
  perform pg_advisory_xact_lock(hashtextextended('slug ' || wanted_skeleton, 0));
  select slug into nearest from public.directory_slugs
    where skeleton = wanted_skeleton and tenant_id <> claimant and (kept_until is null or kept_until > now())
    order by slug = wanted desc limit 1;
  if found then return case when nearest = wanted then 'taken' else 'look_alike' end; end if;
  -- Or one tenant could go through all names and keep each from everybody else.
  if (select count(*) from public.directory_slugs where tenant_id = claimant and kept_until > now() and slug <> wanted) >= 10 then
    return 'too_many';
  end if;
  update public.directory_slugs set kept_until = now() + interval '90 days' where tenant_id = claimant and kept_until is null;
  insert into public.directory_slugs (slug, tenant_id) values (wanted, claimant)
    on conflict (slug) do update set tenant_id = claimant, kept_until = null;
  return null;
end
$$;
revoke all on function claim_slug from public;
grant execute on function claim_slug to whoot_app, whoot_platform;
revoke insert on directory_slugs from whoot_platform;

-- At most one per tenant. A new image gets a new id, so browsers may cache each one forever.
create table tenant_logos (
  tenant_id uuid not null references tenants,
  logo_id uuid not null,
  -- WebP that the server drew from the uploaded image.
  image bytea not null check (length(image) <= 262144),
  primary key (tenant_id, logo_id)
);
create unique index tenant_logos_tenant_id on tenant_logos (tenant_id);
call protect_tenant_table('tenant_logos');
grant select, insert, delete on tenant_logos to whoot_app;

alter table tenants
  add column accent_colour text check (accent_colour ~ '^#[0-9a-f]{6}$'),
  -- A name of the IANA database.
  add column time_zone text not null default 'UTC',
  add column clock text not null default '24h' check (clock in ('12h', '24h')),
  add column talk_key_mode text not null default 'hold' check (talk_key_mode in ('hold', 'latch')),
  add column logo_id uuid,
  add foreign key (tenant_id, logo_id) references tenant_logos on delete set null (logo_id);
grant update (name, slug, accent_colour, time_zone, clock, talk_key_mode, logo_id, owner_member_id) on tenants to whoot_app;

-- The owner offers the workspace to a member. Only one offer at a time.
create table ownership_offers (
  tenant_id uuid primary key references tenants,
  member_id uuid not null,
  offered_by_name text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  foreign key (tenant_id, member_id) references members on delete cascade
);
create index on ownership_offers (tenant_id, member_id);
call protect_tenant_table('ownership_offers');
grant select, insert, delete on ownership_offers to whoot_app;

-- Suspending the member ends the offer for good, whichever feature suspends: reactivating must not restore it.
create function void_ownership_offer() returns trigger
  language plpgsql
  as $$
begin
  delete from ownership_offers where tenant_id = new.tenant_id and member_id = new.member_id;
  return null;
end
$$;
revoke all on function void_ownership_offer from public;
create trigger void_ownership_offer after update of status on members
  for each row when (new.status <> 'active') execute function void_ownership_offer();

-- For leaving, removal and a change of role.
grant delete, update (role_id) on members to whoot_app;
