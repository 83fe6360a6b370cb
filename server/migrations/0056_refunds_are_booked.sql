-- What a state of a refund or dispute moved in the ledger: above 0 money went back, below 0 it came in again.
alter table payment_incidents add column booked bigint not null default 0;

-- When whoot was last compared with the payment provider: the next comparison looks back to before it.
alter table billing_server add column reconciled_at timestamptz(0);
grant update (reconciled_at) on billing_server to whoot_platform;
