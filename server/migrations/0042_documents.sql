-- What documents show beside their figures.

-- The plan that the line belongs to; null in a trial until somebody chooses.
alter table billing_lines add column plan text;

-- A version of the catalogue never changes, so it holds the names that were sold. Nothing was billed before this migration.
alter table invoices add column catalogue_version integer not null default 1;
alter table invoices alter column catalogue_version drop default;

-- A sample shows how documents look, and says on each page that there is nothing to pay.
alter table invoices add column sample boolean not null default false;
