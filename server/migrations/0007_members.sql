-- Members by the hundred thousand: found, sorted, changed; and an owner who stays an active Admin whatever the code forgets.

-- What names and words are compared by: lower case, without marks. Marks go first, so that a database of locale C, which
-- knows the case of ASCII alone, finds "Émile" by "emile" too.
create function search_key(value text) returns text
  language sql immutable strict parallel safe
  return lower(regexp_replace(normalize(value, nfkd), '[\u0300-\u036f]', '', 'g'));

-- Collation C: its comparisons are bytes, the same on every server, and leakproof: under row-level security they use an index.
alter table members add column name_key text collate "C" not null generated always as (search_key(name)) stored;

-- Every order of the member list, ready to be read from any row on.
drop index members_tenant_id_role_id_idx;
create index on members (tenant_id, role_id, name_key, member_id);
create index on members (tenant_id, name_key, member_id);
-- Not coalesce, which PostgreSQL does not take for leakproof.
create index on members
  (tenant_id, (case when last_seen_at is null then timestamptz 'epoch' else last_seen_at end), member_id);
create index on members (tenant_id, member_id) where status = 'suspended';

-- What a search finds a member by. LIKE, full text and trigrams are not leakproof: under row-level security they would read
-- every member. "Begins with" as word >= 'ada' and word < 'ada…' is, on a word per row.
create table member_words (
  tenant_id uuid not null references tenants,
  -- Those of the address are looked at for people who may see addresses, and for nobody else.
  field text not null check (field in ('name', 'email')),
  word text collate "C" not null,
  member_id uuid not null,
  primary key (tenant_id, field, word, member_id),
  foreign key (tenant_id, member_id) references members on delete cascade
);
create index on member_words (tenant_id, member_id);

-- Of the address: all of it, what stands before the @, word by word, and the domain behind it as "@example.com".
-- Separators are listed, not asked of the locale, to which Cyrillic may be no letters.
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

-- With the rights of whoever adds the member: it can write of no other tenant.
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

-- The owner is a member who is active and has the built-in role Admin: a key says so, checked at the end of every
-- transaction. So a workspace always has an Admin, whoever is changed, suspended or removed at the same time.
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
