-- What came in of an attempt, since this migration. Of one that is parked it is in no ledger until the operator decides, so it must not be lost.
alter table payment_attempts
  add column received bigint check (received > 0),
  add column received_currency text,
  add check ((received is null) = (received_currency is null));
grant update (received, received_currency) on payment_attempts to whoot_app;
