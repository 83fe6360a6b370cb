-- A workspace may demand a kind of sign-in, so a session records how it began. Existing sessions count as the weaker kind.
alter table sessions add column signed_in_by text not null default 'password'
  check (signed_in_by in ('password', 'mailed_link'));
