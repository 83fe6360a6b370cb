-- Of what a refund or dispute moved in the ledger: how much was credit, and how much a loss. The rest had been paid of the invoice.
alter table payment_incidents
  add column booked_credit bigint not null default 0,
  add column booked_loss bigint not null default 0;
