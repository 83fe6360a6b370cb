-- What happened to a payment after it came in, as the provider told it: each state of each refund and dispute, once.
create table payment_incidents (
  tenant_id uuid not null references tenants,
  invoice_id uuid not null,
  -- The provider's id.
  incident_id text not null,
  state text not null,
  kind text not null check (kind in ('refund', 'dispute')),
  amount bigint not null,
  noted_at timestamptz(0) not null,
  primary key (tenant_id, incident_id, state),
  foreign key (tenant_id, invoice_id) references invoices
);
create index on payment_incidents (tenant_id, invoice_id);
call protect_tenant_table('payment_incidents');
grant select, insert on payment_incidents to whoot_app;
