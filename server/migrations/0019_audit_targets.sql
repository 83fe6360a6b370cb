-- The words of every name that a target of the audit log (member, channel, role …) ever had in the log, removed targets included.
-- Searched like member_words: one row for each target and word, however many entries there are.
create table audit_target_words (
  tenant_id uuid not null references tenants,
  -- Words of addresses are searched only for people who may see addresses.
  field text not null check (field in ('name', 'email')),
  word text collate "C" not null,
  -- No foreign key, because entries outlive their target.
  target_id uuid not null,
  primary key (tenant_id, field, word, target_id)
);
create index on audit_target_words (tenant_id, target_id);

-- Treats everything that could be an address as one, like hideAddresses (server/src/platform/addresses.ts), with the same separators.
create function audit_search_words(name text) returns table (field text, word text)
  language sql immutable strict parallel safe
  begin atomic
    select words.field, words.word
      from regexp_split_to_table(name, '[\s"\\<>,;:()[\]]+') part,
        member_search_words(case when part ~ '.@.' then '' else part end, case when part ~ '.@.' then part else '' end) words
      where words.field = case when part ~ '.@.' then 'email' else 'name' end;
  end;

-- Without recordings, which are as many as the entries, and archives, which all have the workspace's name.
create function has_search_words(target_type text) returns boolean
  language sql immutable strict parallel safe
  return target_type not in ('transmission', 'export');

alter table audit_log no force row level security;
insert into audit_target_words (tenant_id, field, word, target_id)
  select distinct named.tenant_id, words.field, words.word, named.target_id
    from (select distinct tenant_id, target_id, target_name from audit_log
        where target_id is not null and has_search_words(target_type)) named,
      audit_search_words(named.target_name) words;
alter table audit_log force row level security;

-- Runs with the rights of whoever adds the entries, so it cannot write to another tenant. Appending locks the head of the chain, so two
-- transactions never wait for each other's words.
create function index_audit_targets() returns trigger
  language plpgsql
  as $$
begin
  insert into audit_target_words (tenant_id, field, word, target_id)
    select distinct named.tenant_id, words.field, words.word, named.target_id
      from (select distinct tenant_id, target_id, target_name from added
          where target_id is not null and has_search_words(target_type)) named,
        audit_search_words(named.target_name) words
    on conflict do nothing;
  return null;
end
$$;
revoke all on function index_audit_targets from public;
create trigger index_targets after insert on audit_log referencing new table as added
  for each statement execute function index_audit_targets();

call protect_tenant_table('audit_target_words');
grant select, insert on audit_target_words to whoot_app;
grant insert on audit_target_words to whoot_platform;
