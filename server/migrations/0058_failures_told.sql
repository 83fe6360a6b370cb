-- Of which failures of which card the payers were told, and which invoices those mails named: each is told once.
alter table payment_accounts
  add column told_of_method text,
  add column told_failures text[] not null default '{}',
  add column told_invoices uuid[] not null default '{}';
grant update (told_of_method, told_failures, told_invoices) on payment_accounts to whoot_app;
