-- Licences. Each active member takes one. An invitation reserves one until it is accepted, withdrawn or expires.
-- Null: no limit. The column is what billing enforces, and moves in the transaction that buys or drops licences.
alter table tenants add column licences integer check (licences between 1 and 100000);
