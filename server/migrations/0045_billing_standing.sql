-- What a workspace's billing allows it, as every request and the voice core read it with the tenant's row.
alter table tenants
  -- Add-ons that the workspace has. Null: all.
  add column add_ons text[],
  -- Null while billing is off.
  add column billing_state text check (billing_state in ('trial', 'free', 'active', 'ending', 'past_due', 'stopped', 'none')),
  -- The end of the trial or of the period, or when talk stops.
  add column billing_until timestamptz(0);
grant update (licences, add_ons, billing_state, billing_until) on tenants to whoot_app;

-- An operator may go back to an earlier content, as a new version.
alter table billing_catalogues
  add column sample boolean not null default false,
  drop constraint billing_catalogues_sha256_key;

alter table billing_accounts
  -- The owner has put off that talk stops: for which overdue invoice, and until when.
  add column put_off_for uuid,
  add column put_off_until timestamptz(0),
  -- Why the clock does nothing more here until the operator decides.
  add column halted text,
  add foreign key (tenant_id, put_off_for) references invoices (tenant_id, invoice_id);
grant update (put_off_for, put_off_until, halted) on billing_accounts to whoot_app;

-- What a change costs, as somebody was shown it. It is made exactly so, once, by whoever asked.
create table billing_quotes (
  tenant_id uuid not null references tenants,
  quote_id uuid not null,
  member_id uuid not null,
  kind text not null check (kind in ('subscription', 'licences', 'add_ons')),
  -- What is wanted, in the words of the request.
  wanted jsonb not null,
  -- The moment at which the change happens, whenever the quote is accepted, and the tax of then.
  at timestamptz(0) not null,
  tax jsonb not null,
  -- The subscription and its revision that the quote holds for; null when there was none.
  subscription_id uuid,
  revision integer,
  catalogue_version integer not null,
  valid_until timestamptz(0) not null,
  primary key (tenant_id, quote_id),
  foreign key (tenant_id, member_id) references members on delete cascade,
  foreign key (tenant_id, subscription_id) references subscriptions
);
call protect_tenant_table('billing_quotes');
grant select, insert, delete on billing_quotes to whoot_app;

-- Reminders that were sent, each once.
create table billing_reminders (
  tenant_id uuid not null references tenants,
  invoice_id uuid not null,
  -- Days after the due date.
  day smallint not null,
  sent_at timestamptz(0) not null,
  primary key (tenant_id, invoice_id, day),
  foreign key (tenant_id, invoice_id) references invoices
);
call protect_tenant_table('billing_reminders');
grant select, insert on billing_reminders to whoot_app;

-- Directory: when the clock must look at a tenant's billing.
create table directory_billing (
  tenant_id uuid primary key,
  due_at timestamptz(0) not null
);
create index on directory_billing (due_at, tenant_id);
grant select, insert, update (due_at), delete on directory_billing to whoot_platform;

-- Null: nothing is to be done by itself.
create function look_at_billing(instant timestamptz) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  tenant uuid := public.current_tenant_id();
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  if instant is null then
    delete from public.directory_billing where tenant_id = tenant;
  else
    insert into public.directory_billing (tenant_id, due_at) values (tenant, instant)
      on conflict (tenant_id) do update set due_at = excluded.due_at;
  end if;
end
$$;
revoke all on function look_at_billing from public;
grant execute on function look_at_billing to whoot_app;

-- Directory: which tenant a document is of. Bank statements give its number alone.
create table directory_invoices (
  number text primary key,
  tenant_id uuid not null
);
create index on directory_invoices (tenant_id);
grant select, insert, delete on directory_invoices to whoot_platform;
grant insert on directory_invoices to whoot_app;
alter table directory_invoices enable row level security;
alter table directory_invoices force row level security;
create policy platform_all on directory_invoices to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_invoices for insert to whoot_app with check (tenant_id = current_tenant_id());

-- What the server keeps of its billing above tenants: one row, or none before anything was set.
create table billing_server (
  only_row boolean primary key default true check (only_row),
  -- The version of the catalogue that every workspace was settled by; 0 when billing was off.
  settled_version integer not null default 0,
  -- A sample server's clock stands so many seconds before the real one.
  ahead bigint not null default 0 check (ahead between 0 and 3155760000)
);
grant select, insert, update (settled_version, ahead) on billing_server to whoot_platform;
