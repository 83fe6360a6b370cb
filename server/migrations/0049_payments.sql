-- How a workspace pays, if not by transfer: its customer at the provider, and the card on which invoices are charged.
create table payment_accounts (
  tenant_id uuid not null references tenants,
  provider text not null check (provider in ('stripe')),
  -- The customer is created under this key, so that a repeated request creates no second one.
  customer_key uuid not null,
  customer_id text,
  -- Null until a card is set up, and after it was removed.
  method_id text check (method_id is null or customer_id is not null),
  brand text,
  last4 text check (last4 ~ '^\d{4}$'),
  -- The last month in which the card works.
  expires text check (expires ~ '^\d{4}-\d{2}$'),
  -- The provider's time: of two cards that were set up, the later one stays.
  set_up_at timestamptz(0),
  -- For how many days before the expiry a mail was sent last.
  expiry_told smallint,
  primary key (tenant_id)
);
call protect_tenant_table('payment_accounts');
grant select, insert, update (customer_key, customer_id, method_id, brand, last4, expires, set_up_at, expiry_told) on payment_accounts to whoot_app;

-- Each time that the provider was asked for the money of an invoice. A row is committed before the request is sent.
create table payment_attempts (
  tenant_id uuid not null references tenants,
  invoice_id uuid not null,
  number smallint not null check (number > 0),
  provider text not null check (provider in ('stripe')),
  -- `card`: charged while nobody is there. `page`: somebody pays on the provider's page.
  kind text not null check (kind in ('card', 'page')),
  -- It only moves forward (payments/attempts.ts).
  state text not null check (state in ('created', 'processing', 'failed', 'succeeded', 'parked')),
  amount bigint not null check (amount > 0),
  customer_id text not null,
  method_id text check ((kind = 'card') = (method_id is not null)),
  -- The provider's ids of the payment and of the page.
  payment_id text,
  page_id text,
  failure text,
  created_at timestamptz(0) not null,
  changed_at timestamptz(0) not null,
  primary key (tenant_id, invoice_id, number),
  foreign key (tenant_id, invoice_id) references invoices
);
call protect_tenant_table('payment_attempts');
grant select, insert, update (state, payment_id, page_id, failure, changed_at) on payment_attempts to whoot_app;

-- Directory: which tenant a customer at a provider is of. Its pages and events name the customer.
create table directory_payments (
  provider text not null,
  provider_id text not null,
  tenant_id uuid not null,
  primary key (provider, provider_id)
);
create index on directory_payments (tenant_id);
grant select, insert, delete on directory_payments to whoot_platform;
grant insert on directory_payments to whoot_app;
alter table directory_payments enable row level security;
alter table directory_payments force row level security;
create policy platform_all on directory_payments to whoot_platform using (true) with check (true);
create policy tenant_insert on directory_payments for insert to whoot_app with check (tenant_id = current_tenant_id());

-- Above tenants: events of providers that were taken, each once. They say nothing but that something is to be looked at.
create table payment_events (
  provider text not null,
  event_id text not null,
  received_at timestamptz(0) not null default now(),
  primary key (provider, event_id)
);
create index on payment_events (received_at);
grant select, insert, delete on payment_events to whoot_platform;
