-- When the provider last authenticated the person: a sign-in that it answers by itself, from a session of its own, asks nobody.
alter table member_sessions add column sso_confirmed_at timestamptz;
grant update (sso_confirmed_at) on member_sessions to whoot_app;
