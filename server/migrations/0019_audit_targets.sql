-- What the audit log's targets are found by: members, channels, roles … by name, those that are gone too, under every name that they
-- ever stood in the log. As member_words, a word per row, and the same way to "begins with". A row for each target and word, however
-- many entries there are.
create table audit_target_words (
  tenant_id uuid not null references tenants,
  -- Those of addresses are looked at for people who may see addresses, and for nobody else.
  field text not null check (field in ('name', 'email')),
  word text collate "C" not null,
  -- No foreign key: it may be gone, and its entries stay.
  target_id uuid not null,
  primary key (tenant_id, field, word, target_id)
);
create index on audit_target_words (tenant_id, target_id);

-- What could be an address is one, as for hideAddresses (server/src/platform/addresses.ts), which cuts at the same separators.
create function audit_search_words(name text) returns table (field text, word text)
  language sql immutable strict parallel safe
  begin atomic
    select words.field, words.word
      from regexp_split_to_table(name, '[\s"\\<>,;:()[\]]+') part,
        member_search_words(case when part ~ '.@.' then '' else part end, case when part ~ '.@.' then part else '' end) words
      where words.field = case when part ~ '.@.' then 'email' else 'name' end;
  end;

-- Not those that are as many as the entries: single recordings, and archives, which are all called as the workspace is.
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

-- With the rights of whoever adds the entries: it can write of no other tenant. Who appends holds the chain's end, so two never wait
-- for each other's words.
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
