-- Customers at the payment provider that a deletion has it erase: the directory forgets them in the deletion's transaction.
alter table directory_erasures
  add column customers text[] not null default '{}',
  -- What came of it, for the receipt: `erased`, or `kept` when the provider could not be asked.
  add column customers_are text;
grant update (customers, customers_are) on directory_erasures to whoot_platform;
