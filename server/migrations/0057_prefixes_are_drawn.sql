-- The prefix of a series is drawn here, so that a tenant's transaction can choose none: neither another tenant's nor one that looks like it.
drop function open_billing_account(text, boolean);

-- Opens the tenant's account with a series of document numbers: its own, or the one that all tenants share, if a catalogue wants that. An account
-- from before then moves to the shared one with its next document.
create function open_billing_account(is_shared boolean) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  -- Without letters and digits that people take for one another. So no drawn prefix is INVOICE.
  letters constant text := '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  tenant uuid := public.current_tenant_id();
  present text;
  wanted text;
  drawn bytea;
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  select series_prefix into present from public.billing_accounts where tenant_id = tenant;
  if present = 'INVOICE' or (present is not null and not is_shared) then return; end if;
  if is_shared then
    if not exists (select from public.billing_catalogues where content ->> 'series' = 'issuer') then
      raise exception 'no catalogue wants a series that all tenants share';
    end if;
    wanted := 'INVOICE';
    insert into public.billing_series (prefix) values (wanted) on conflict do nothing;
  else
    loop
      drawn := uuid_send(gen_random_uuid());
      -- Bytes 6 and 8 of a random uuid have bits that are fixed.
      select string_agg(substr(letters, 1 + (get_byte(drawn, at) & 31), 1), '') into wanted
        from unnest(array[0, 1, 2, 3, 4, 5, 9, 10]) at;
      insert into public.billing_series (prefix) values (wanted) on conflict do nothing;
      exit when found;
    end loop;
  end if;
  insert into public.billing_accounts (tenant_id, series_prefix) values (tenant, wanted)
    on conflict (tenant_id) do update set series_prefix = excluded.series_prefix;
end
$$;
revoke all on function open_billing_account from public;
grant execute on function open_billing_account to whoot_app;
