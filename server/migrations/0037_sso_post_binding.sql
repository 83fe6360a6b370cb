-- How the request gets to a SAML provider: in the URL, or posted by a form.
alter table sso_connections
  add column sign_on_binding text not null default 'redirect' check (sign_on_binding in ('redirect', 'post'));
grant update (sign_on_binding) on sso_connections to whoot_app;
