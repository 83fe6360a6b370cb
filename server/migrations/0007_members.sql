-- Search and sorting for a hundred thousand members, and a key that keeps the owner an active Admin whatever the code forgets.

-- The form in which names are compared: lower case, without marks. Marks are removed first, so that a database with locale C,
-- which lowers only ASCII, finds "Émile" by "emile" too.
create function search_key(value text) returns text
  language sql immutable strict parallel safe
  return lower(regexp_replace(normalize(value, nfkd), '[\u0300-\u036f]', '', 'g'));

-- Collation C compares bytes, is the same on every server, and is leakproof, so it can use an index under row-level security.
alter table members add column name_key text collate "C" not null generated always as (search_key(name)) stored;

-- One index for each order of the member list, so that a page can start at any row.
drop index members_tenant_id_role_id_idx;
create index on members (tenant_id, role_id, name_key, member_id);
create index on members (tenant_id, name_key, member_id);
-- Not coalesce, because PostgreSQL does not treat it as leakproof.
create index on members
  (tenant_id, (case when last_seen_at is null then timestamptz 'epoch' else last_seen_at end), member_id);
create index on members (tenant_id, member_id) where status = 'suspended';

-- The words of a member's name and address. LIKE, full text and trigrams are not leakproof: under row-level security they read
-- every member. word >= 'ada' and word < 'ada…' is leakproof, so each word has a row.
create table member_words (
  tenant_id uuid not null references tenants,
  -- Words of the address are searched only for people who may see addresses.
  field text not null check (field in ('name', 'email')),
  word text collate "C" not null,
  member_id uuid not null,
  primary key (tenant_id, field, word, member_id),
  foreign key (tenant_id, member_id) references members on delete cascade
);
create index on member_words (tenant_id, member_id);

-- The words of an address: all of it, the words before the @, and the domain as "@example.com".
-- Separators are listed, because some locales do not count Cyrillic as letters.
create function member_search_words(name text, email text) returns table (field text, word text)
  language sql immutable strict parallel safe
  begin atomic
    select 'name', part from regexp_split_to_table(search_key(name), '[\s!-/:-@\[-`{-~]+') part where part <> ''
    union
    select 'email', part
      from regexp_split_to_table(split_part(search_key(email), '@', 1), '[\s!-/:-@\[-`{-~]+') part where part <> ''
    union
    select 'email', search_key(email)
    union
    select 'email', '@' || split_part(search_key(email), '@', 2);
  end;

alter table members no force row level security;
insert into member_words (tenant_id, member_id, field, word)
  select tenant_id, member_id, words.field, words.word from members, member_search_words(name, email) words;
alter table members force row level security;

-- Runs with the rights of whoever adds the member, so it cannot write to another tenant.
create function index_member_words() returns trigger
  language plpgsql
  as $$
begin
  if tg_op = 'UPDATE' then
    delete from member_words where tenant_id = new.tenant_id and member_id = new.member_id;
  end if;
  insert into member_words (tenant_id, member_id, field, word)
    select new.tenant_id, new.member_id, words.field, words.word from member_search_words(new.name, new.email) words;
  return null;
end
$$;
create trigger index_member_words after insert or update of name, email on members
  for each row execute function index_member_words();

call protect_tenant_table('member_words');
grant select, insert, delete on member_words to whoot_app;
grant insert on member_words to whoot_platform;

-- A foreign key, checked at each commit, requires the owner to be an active member with the built-in role Admin. So a
-- workspace always has an Admin, even under concurrent changes, suspensions and removals.
alter table members add unique (tenant_id, member_id, role_id, status);
alter table tenants add column admin_role_id uuid;
alter table tenants no force row level security;
alter table roles no force row level security;
update tenants set admin_role_id = role_id from roles where roles.tenant_id = tenants.tenant_id and built_in = 'admin';
alter table roles force row level security;
alter table tenants force row level security;
alter table tenants
  alter column admin_role_id set not null,
  add column owner_status text not null generated always as ('active') stored,
  drop constraint tenants_tenant_id_owner_member_id_fkey,
  add constraint tenants_owner_is_active_admin foreign key (tenant_id, owner_member_id, admin_role_id, owner_status)
    references members (tenant_id, member_id, role_id, status) deferrable initially deferred;

grant update (status) on members to whoot_app;
