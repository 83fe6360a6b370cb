-- Metadata at a URL are read again every day.
alter table sso_connections
  -- When they were last read and taken over, and last tried.
  add column metadata_read_at timestamptz,
  add column metadata_tried_at timestamptz,
  -- Why the last attempt failed, or why what it read was not taken over.
  add column metadata_problem jsonb;
grant update (metadata_read_at, metadata_tried_at, metadata_problem) on sso_connections to whoot_app;
