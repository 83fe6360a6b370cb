-- How a workspace looks and is found: display settings, a logo, addresses that outlive a change; and who owns it.

-- Two slugs of one skeleton look alike to a person who reads them in an address bar. In the manner of the skeletons of Unicode
-- UTS #39 §4, within what a slug may hold: a–z, 0–9 and hyphens. 0 is o (confusables.txt: both lead to O); 1 and i are l; rn is m
-- (confusables.txt, the other way round); vv is w. Hyphens count for nothing: acme-corp and acmecorp are one name to whoever hears
-- it. Left alone is what merely resembles (5 and s, cl and d): "clark" must not keep "dark" out.
create function slug_skeleton(slug text) returns text
  language sql immutable parallel safe
  as $$ select replace(replace(translate(slug, '01i-', 'oll'), 'rn', 'm'), 'vv', 'w') $$;
revoke all on function slug_skeleton from public;
grant execute on function slug_skeleton to whoot_platform;

-- A tenant has one current slug, and those that it had before for as long as they lead to it.
alter table directory_slugs
  -- Null: the current one. In the past: free for anybody.
  add column kept_until timestamptz,
  add column skeleton text not null generated always as (slug_skeleton(slug)) stored,
  drop constraint directory_slugs_tenant_id_key;
create unique index directory_slugs_tenant_id_current on directory_slugs (tenant_id) where kept_until is null;
create index on directory_slugs (tenant_id);
create index on directory_slugs (skeleton);

-- The only way to a slug, for the tenant that the transaction entered; what was its current one is kept for 90 days. Null when
-- done, else why not. As a function of the owner's, so that a tenant's own transaction can do it and read nothing of the directory.
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

-- At most one per tenant: a new image is a new id, so that browsers may keep what they have for good.
create table tenant_logos (
  tenant_id uuid not null references tenants,
  logo_id uuid not null,
  -- WebP of our own making, whatever was sent.
  image bytea not null check (length(image) <= 262144),
  primary key (tenant_id, logo_id)
);
create unique index tenant_logos_tenant_id on tenant_logos (tenant_id);
call protect_tenant_table('tenant_logos');
grant select, insert, delete on tenant_logos to whoot_app;

alter table tenants
  add column accent_colour text check (accent_colour ~ '^#[0-9a-f]{6}$'),
  -- Of the IANA database.
  add column time_zone text not null default 'UTC',
  add column clock text not null default '24h' check (clock in ('12h', '24h')),
  add column talk_key_mode text not null default 'hold' check (talk_key_mode in ('hold', 'latch')),
  add column logo_id uuid,
  add foreign key (tenant_id, logo_id) references tenant_logos on delete set null (logo_id);
grant update (name, slug, accent_colour, time_zone, clock, talk_key_mode, logo_id, owner_member_id) on tenants to whoot_app;

-- The owner offers the workspace to a member. One at a time.
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

-- An offer is void for good once its member is suspended, whichever feature does it: reactivating must not bring it back.
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

-- Leaving, being removed, another role.
grant delete, update (role_id) on members to whoot_app;
