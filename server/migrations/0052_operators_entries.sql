-- What an operator enters: money that went back, invoices that nobody will pay, a payment that was mistyped.
alter table ledger_entries
  drop constraint ledger_entries_debit_check,
  drop constraint ledger_entries_check,
  add constraint ledger_entries_debit_check check (debit in ('receivable', 'revenue', 'tax', 'balance', 'cash', 'loss')),
  add constraint ledger_entries_credit_check
    check (credit in ('receivable', 'revenue', 'tax', 'balance', 'cash', 'loss') and credit <> debit);

-- When the owner was told that the trial ends soon.
alter table billing_accounts add column trial_told_at timestamptz(0);
grant update (trial_told_at) on billing_accounts to whoot_app;
