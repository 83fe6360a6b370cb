-- The slugs that the tenant had before and that lead to it still, for who edits it. As a function of the owner's: a tenant's own
-- transaction can read nothing else of the directory.
create function earlier_slugs() returns table (slug text, kept_until timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select earlier.slug, earlier.kept_until from public.directory_slugs earlier
      where earlier.tenant_id = public.current_tenant_id() and earlier.kept_until > now()
  $$;
revoke all on function earlier_slugs from public;
grant execute on function earlier_slugs to whoot_app;
