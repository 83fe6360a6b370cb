-- Whether a workspace asks its members for two-step verification. With 'enforced', only sessions that proved a second factor enter it.
alter table tenants add column mfa_policy text not null default 'optional' check (mfa_policy in ('disabled', 'optional', 'enforced'));
grant update (mfa_policy) on tenants to whoot_app;
