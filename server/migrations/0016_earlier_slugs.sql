-- Lists the tenant's earlier slugs that still lead to it. Runs as the owner, because a tenant's transaction cannot read the directory.
create function earlier_slugs() returns table (slug text, kept_until timestamptz)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select earlier.slug, earlier.kept_until from public.directory_slugs earlier
      where earlier.tenant_id = public.current_tenant_id() and earlier.kept_until > now()
  $$;
revoke all on function earlier_slugs from public;
grant execute on function earlier_slugs to whoot_app;
