-- Billing: what is sold, what a workspace has bought, what it was charged, its documents, and what it owes. Amounts are in minor units.

-- Above tenants. What the operator sells, and at which price: a version never changes, and subscriptions keep theirs.
create table billing_catalogues (
  version integer primary key check (version > 0),
  valid_from timestamptz(0) not null,
  -- contract/billing-catalogue.ts.
  content jsonb not null,
  sha256 bytea not null unique
);
grant select, insert on billing_catalogues to whoot_platform;

-- Above tenants. Series of document numbers: 1, 2, 3 … without gaps. They outlive the workspace, so that no number is given twice, and name nobody.
create table billing_series (
  -- Random, so that numbers do not tell how many invoices others get.
  prefix text primary key check (prefix ~ '^[0-9A-Z]{4,12}$'),
  last integer not null default 0 check (last >= 0),
  last_at timestamptz(0) not null default 'epoch'
);

-- Whom documents are for. The parties are copied into each document, so a change concerns later ones only.
create table billing_accounts (
  tenant_id uuid not null references tenants,
  series_prefix text not null,
  company text,
  -- {lines, postcode, city}
  address jsonb,
  country text check (country ~ '^[A-Z]{2}$'),
  tax_id text,
  -- When the operator confirmed that the tax id is the buyer's.
  tax_id_confirmed_at timestamptz,
  purchase_order text,
  -- Addresses that get the documents. They need no account.
  recipients text[] not null default '{}',
  language text not null default 'en',
  primary key (tenant_id)
);
call protect_tenant_table('billing_accounts');
grant select, update (company, address, country, tax_id, tax_id_confirmed_at, purchase_order, recipients, language)
  on billing_accounts to whoot_app;

-- server/src/billing/reckoning/subscription.ts has the rules; these rows hold its state.
create table subscriptions (
  tenant_id uuid not null references tenants,
  subscription_id uuid not null,
  -- Null in a trial until somebody chooses.
  plan text,
  catalogue_version integer not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  digits smallint not null check (digits between 0 and 4),
  billing_interval text not null check (billing_interval in ('month', 'quarter', 'year')),
  anchor timestamptz(0) not null,
  -- The present period; −1 is a trial.
  period_index integer not null check (period_index >= -1),
  period_from timestamptz(0) not null,
  period_to timestamptz(0) not null check (period_to > period_from),
  cancelled boolean not null,
  ended boolean not null,
  line_count integer not null check (line_count >= 0),
  changed_at timestamptz(0) not null,
  revision integer not null check (revision > 0),
  primary key (tenant_id, subscription_id)
);
create unique index subscriptions_running on subscriptions (tenant_id) where not ended;
call protect_tenant_table('subscriptions');
grant select, insert, update (plan, catalogue_version, billing_interval, anchor, period_index, period_from, period_to, cancelled, ended,
  line_count, changed_at, revision) on subscriptions to whoot_app;

create table subscription_items (
  tenant_id uuid not null references tenants,
  subscription_id uuid not null,
  -- `seats`, or the id of an add-on.
  item text not null,
  quantity bigint not null check (quantity >= 0),
  -- Copied from the catalogue: it stays until the plan changes.
  unit_price bigint not null check (unit_price >= 0),
  -- Number of the charge that covers the item now.
  open_line integer,
  primary key (tenant_id, subscription_id, item),
  foreign key (tenant_id, subscription_id) references subscriptions
);
call protect_tenant_table('subscription_items');
grant select, insert, delete, update (quantity, unit_price, open_line) on subscription_items to whoot_app;

-- A period that was charged is here once, whoever charges it, however often.
create table billed_periods (
  tenant_id uuid not null references tenants,
  subscription_id uuid not null,
  from_at timestamptz(0) not null,
  to_at timestamptz(0) not null check (to_at > from_at),
  primary key (tenant_id, subscription_id, from_at),
  foreign key (tenant_id, subscription_id) references subscriptions
);
call protect_tenant_table('billed_periods');
grant select, insert on billed_periods to whoot_app;

-- Invoices and credit notes. Serving roles add and read them, and nothing changes one: what is paid, or due, follows from the ledger.
create table invoices (
  tenant_id uuid not null references tenants,
  invoice_id uuid not null,
  subscription_id uuid not null,
  number text not null,
  kind text not null check (kind in ('invoice', 'credit note')),
  issued_at timestamptz(0) not null,
  -- Days in UTC, as text: a driver would read a date in the time zone of its process.
  issued_on text not null check (issued_on ~ '^\d{4}-\d{2}-\d{2}$'),
  due_on text not null check (due_on ~ '^\d{4}-\d{2}-\d{2}$'),
  currency text not null,
  digits smallint not null,
  -- As the document shows them: a credit note's are positive, too.
  net bigint not null,
  tax bigint not null,
  gross bigint not null check (gross >= 0 and gross = net + tax),
  -- [{category, rate in millionths, reason, base, tax}]
  taxes jsonb not null,
  -- Both parties as they were.
  seller jsonb not null,
  buyer jsonb not null,
  -- Numbers of the invoices whose lines a credit note takes back.
  amends text[] not null,
  primary key (tenant_id, invoice_id),
  unique (tenant_id, number),
  foreign key (tenant_id, subscription_id) references subscriptions
);
create index on invoices (tenant_id, issued_at desc, invoice_id desc);
call protect_tenant_table('invoices');
grant select, insert on invoices to whoot_app;

-- Every charge and credit. The sign comes from the kind.
create table billing_lines (
  tenant_id uuid not null references tenants,
  subscription_id uuid not null,
  number integer not null check (number > 0),
  kind text not null check (kind in ('charge', 'credit')),
  item text not null,
  quantity bigint not null check (quantity >= 0),
  unit_price bigint not null check (unit_price >= 0),
  from_at timestamptz(0) not null,
  to_at timestamptz(0) not null check (to_at > from_at),
  amount bigint not null check (amount >= 0),
  tax_category text not null,
  -- In millionths.
  tax_rate integer not null check (tax_rate between 0 and 1000000),
  tax_reason text,
  -- Number of the charge that a credit takes back.
  credits integer check ((kind = 'credit') = (credits is not null)),
  -- Waits for the next document.
  pending boolean not null,
  -- Null while it waits, and for a line of 0, which stands on no document.
  invoice_id uuid,
  primary key (tenant_id, subscription_id, number),
  -- A charge is credited once.
  unique (tenant_id, subscription_id, credits),
  foreign key (tenant_id, subscription_id) references subscriptions,
  foreign key (tenant_id, invoice_id) references invoices,
  check (not (pending and invoice_id is not null))
);
create index on billing_lines (tenant_id, invoice_id);
call protect_tenant_table('billing_lines');
grant select, insert, update (pending, invoice_id) on billing_lines to whoot_app;

-- Double entry: each row moves an amount from one account to another. Append-only, like the documents.
create table ledger_entries (
  tenant_id uuid not null references tenants,
  entry_id uuid not null,
  at timestamptz(0) not null,
  debit text not null check (debit in ('receivable', 'revenue', 'tax', 'balance', 'cash')),
  credit text not null check (credit in ('receivable', 'revenue', 'tax', 'balance', 'cash') and credit <> debit),
  amount bigint not null check (amount > 0),
  -- The document that caused it.
  document_id uuid,
  -- The invoice whose receivable it moves.
  invoice_id uuid check ((invoice_id is not null) = ('receivable' in (debit, credit))),
  primary key (tenant_id, entry_id),
  foreign key (tenant_id, document_id) references invoices (tenant_id, invoice_id),
  foreign key (tenant_id, invoice_id) references invoices (tenant_id, invoice_id)
);
create index on ledger_entries (tenant_id, invoice_id);
call protect_tenant_table('ledger_entries');
grant select, insert on ledger_entries to whoot_app;

-- Takes the next number of the tenant's series. Call it last: the row stays locked until the commit, and a rollback gives the number back.
create function take_document_number(instant timestamptz, out number integer, out prefix text, out issued_at timestamptz)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
begin
  update public.billing_series series set last = series.last + 1, last_at = greatest(series.last_at, instant)
    from public.billing_accounts account
    where account.tenant_id = public.current_tenant_id() and series.prefix = account.series_prefix
    returning series.last, series.prefix, series.last_at into number, prefix, issued_at;
  if number is null then raise exception 'the tenant has no series of document numbers'; end if;
end
$$;
revoke all on function take_document_number from public;
grant execute on function take_document_number to whoot_app;

-- Opens the tenant's account with a series of document numbers: one of its own, whose prefix must be new, or one that all tenants share.
create function open_billing_account(wanted_prefix text, is_shared boolean) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  tenant uuid := public.current_tenant_id();
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  if exists (select from public.billing_accounts where tenant_id = tenant) then return; end if;
  if is_shared then
    insert into public.billing_series (prefix) values (wanted_prefix) on conflict do nothing;
  else
    insert into public.billing_series (prefix) values (wanted_prefix);
  end if;
  insert into public.billing_accounts (tenant_id, series_prefix) values (tenant, wanted_prefix);
end
$$;
revoke all on function open_billing_account from public;
grant execute on function open_billing_account to whoot_app;
