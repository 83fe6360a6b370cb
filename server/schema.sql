-- What the migrations make. Written by `npm run generate`; do not edit.

CREATE OR REPLACE FUNCTION public.audit_search_words(name text)
 RETURNS TABLE(field text, word text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
 SELECT words.field,
     words.word
    FROM regexp_split_to_table(audit_search_words.name, '[\s"\\<>,;:()[\]]+'::text) part(part),
     LATERAL member_search_words(
         CASE
             WHEN (part.part ~ '.@.'::text) THEN ''::text
             ELSE part.part
         END,
         CASE
             WHEN (part.part ~ '.@.'::text) THEN part.part
             ELSE ''::text
         END) words(field, word)
   WHERE (words.field =
         CASE
             WHEN (part.part ~ '.@.'::text) THEN 'email'::text
             ELSE 'name'::text
         END);
END;

CREATE OR REPLACE FUNCTION public.claim_slug(wanted text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  claimant uuid := public.current_tenant_id();
  wanted_skeleton text := public.slug_skeleton(wanted);
  nearest text;
begin
  if claimant is null then raise exception 'no tenant is entered'; end if;
  -- Two who claim look-alikes at once come one after the other; the check below sees what the first one committed.
  perform pg_advisory_xact_lock(hashtextextended('slug ' || wanted_skeleton, 0));
  select slug into nearest from public.directory_slugs
    where skeleton = wanted_skeleton and tenant_id <> claimant and (kept_until is null or kept_until > now())
    order by slug = wanted desc limit 1;
  if found then return case when nearest = wanted then 'taken' else 'look_alike' end; end if;
  -- Or one tenant could go through all names and keep each from everybody else.
  if (select count(*) from public.directory_slugs where tenant_id = claimant and kept_until > now() and slug <> wanted) >= 10 then
    return 'too_many';
  end if;
  update public.directory_slugs set kept_until = now() + interval '90 days' where tenant_id = claimant and kept_until is null;
  insert into public.directory_slugs (slug, tenant_id) values (wanted, claimant)
    on conflict (slug) do update set tenant_id = claimant, kept_until = null;
  return null;
end
$function$;
-- callers: whoot_app, whoot_platform

CREATE OR REPLACE FUNCTION public.current_tenant_id()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ select nullif(current_setting('whoot.tenant_id', true), '')::uuid $function$;

CREATE OR REPLACE FUNCTION public.earlier_slugs()
 RETURNS TABLE(slug text, kept_until timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select earlier.slug, earlier.kept_until from public.directory_slugs earlier
      where earlier.tenant_id = public.current_tenant_id() and earlier.kept_until > now()
  $function$;
-- callers: whoot_app

CREATE OR REPLACE FUNCTION public.enqueue_job(task text, payload jsonb, job_key text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ select graphile_worker.add_job(task, payload::json, job_key => job_key, max_attempts => 25) $function$;
-- callers: whoot_app, whoot_platform

CREATE OR REPLACE FUNCTION public.enqueue_jobs(task text, payloads jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select graphile_worker.add_jobs(array(
      select row(task, payload::json, null, null, 25, null, 10, null)::graphile_worker.job_spec
      from jsonb_array_elements(payloads) payload))
  $function$;
-- callers: whoot_app, whoot_platform

CREATE OR REPLACE FUNCTION public.erase_audit_log(places tid[])
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
    with erased as (
      delete from public.audit_log where tenant_id = public.current_tenant_id()
        and exists (select from public.directory_erasures erasure where erasure.tenant_id = public.current_tenant_id())
        and (places is null or ctid = any(places))
      returning 1)
    select count(*) from erased
  $function$;
-- callers: whoot_platform

CREATE OR REPLACE FUNCTION public.erase_jobs(of_tenant uuid)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    with erased as (
      delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
      where task.id = job.task_id and task.identifier <> 'eraseTenant' and job.payload ->> 'tenantId' = of_tenant::text
      returning 1)
    select count(*) from erased
  $function$;
-- callers: whoot_platform

CREATE OR REPLACE FUNCTION public.extend_audit_chain()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  tenants bigint;
  extended bigint;
begin
  select count(distinct tenant_id) into tenants from added;
  update public.audit_heads head set sequence = run.last, hash = (select hash from added where tenant_id = run.tenant_id and sequence = run.last)
    from (select tenant_id, min(sequence) as first, max(sequence) as last, count(*) as entries from added group by tenant_id) run
    where head.tenant_id = run.tenant_id and run.first = head.sequence + 1 and run.last = head.sequence + run.entries;
  get diagnostics extended = row_count;
  if extended <> tenants then
    raise exception 'an audit log goes on where it ends, without gaps' using errcode = 'restrict_violation';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.has_search_words(target_type text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (target_type <> ALL (ARRAY['transmission'::text, 'export'::text]));

CREATE OR REPLACE FUNCTION public.index_audit_targets()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into audit_target_words (tenant_id, field, word, target_id)
    select distinct named.tenant_id, words.field, words.word, named.target_id
      from (select distinct tenant_id, target_id, target_name from added
          where target_id is not null and has_search_words(target_type)) named,
        audit_search_words(named.target_name) words
    on conflict do nothing;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.index_member_words()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' then
    delete from member_words where tenant_id = new.tenant_id and member_id = new.member_id;
  end if;
  insert into member_words (tenant_id, member_id, field, word)
    select new.tenant_id, new.member_id, words.field, words.word from member_search_words(new.name, new.email) words;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.keep_audit_head()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if not exists (select from public.directory_erasures where tenant_id = old.tenant_id) then
    raise exception 'the audit log of a tenant that is not being erased stays' using errcode = 'restrict_violation';
  end if;
  return old;
end
$function$;

CREATE OR REPLACE FUNCTION public.lock_audit_head()
 RETURNS TABLE(sequence bigint, hash bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select head.sequence, head.hash from public.audit_heads head where head.tenant_id = public.current_tenant_id() for update
  $function$;
-- callers: whoot_app, whoot_platform

CREATE OR REPLACE FUNCTION public.member_search_words(name text, email text)
 RETURNS TABLE(field text, word text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
 SELECT 'name'::text,
     part.part
    FROM regexp_split_to_table(search_key(member_search_words.name), '[\s!-/:-@\[-`{-~]+'::text) part(part)
   WHERE (part.part <> ''::text)
 UNION
  SELECT 'email'::text,
     part.part
    FROM regexp_split_to_table(split_part(search_key(member_search_words.email), '@'::text, 1), '[\s!-/:-@\[-`{-~]+'::text) part(part)
   WHERE (part.part <> ''::text)
 UNION
  SELECT 'email'::text,
     search_key(member_search_words.email) AS search_key
 UNION
  SELECT 'email'::text,
     ('@'::text || split_part(search_key(member_search_words.email), '@'::text, 2));
END;

CREATE OR REPLACE PROCEDURE public.protect_tenant_table(IN table_name regclass)
 LANGUAGE plpgsql
AS $procedure$
begin
  execute format('alter table %s enable row level security', table_name);
  execute format('alter table %s force row level security', table_name);
  -- As in current_tenant_id(): '' and NULL both mean "no tenant, no rows".
  execute format(
    $policy$create policy tenant_isolation on %s using (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid)$policy$,
    table_name);
  -- Purging a deleted tenant sets that tenant and deletes its rows under the same policy.
  execute format('grant select, delete on %s to whoot_platform', table_name);
end
$procedure$;

CREATE OR REPLACE FUNCTION public.search_key(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(regexp_replace(NORMALIZE(value, NFKD), '[\u0300-\u036f]'::text, ''::text, 'g'::text));

CREATE OR REPLACE FUNCTION public.slug_skeleton(slug text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select replace(replace(translate(slug, '01i-', 'oll'), 'rn', 'm'), 'vv', 'w') $function$;
-- callers: whoot_platform

CREATE OR REPLACE FUNCTION public.void_ownership_offer()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from ownership_offers where tenant_id = new.tenant_id and member_id = new.member_id;
  return null;
end
$function$;

create table access_review_items (
  tenant_id uuid not null,
  review_id uuid not null,
  member_id uuid not null,
  "position" integer not null,
  member_name text not null,
  email text not null,
  role_id uuid not null,
  is_owner boolean not null,
  suspended boolean not null,
  joined_at timestamp(3) with time zone not null,
  last_seen_at timestamp(3) with time zone,
  channels text[] not null,
  decision text not null default 'pending'::text,
  note text not null default ''::text,
  role_after text,
  decided_by_member_id uuid,
  decided_by_name text,
  decided_at timestamp(3) with time zone,
  gained text[],
  lost text[],
  decided_channels jsonb,
  constraint access_review_items_check CHECK (((decision = ANY (ARRAY['pending'::text, 'left'::text])) = (decided_at IS NULL))),
  constraint access_review_items_check1 CHECK ((((gained IS NULL) = (lost IS NULL)) AND ((gained IS NULL) = (decided_channels IS NULL)))),
  constraint access_review_items_decision_check CHECK ((decision = ANY (ARRAY['pending'::text, 'approved'::text, 'changed'::text, 'revoked'::text, 'left'::text]))),
  constraint access_review_items_pkey PRIMARY KEY (tenant_id, review_id, member_id),
  constraint access_review_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint access_review_items_tenant_id_review_id_role_id_fkey FOREIGN KEY (tenant_id, review_id, role_id) REFERENCES access_review_roles(tenant_id, review_id, role_id)
);
CREATE UNIQUE INDEX access_review_items_tenant_id_review_id_position_idx ON public.access_review_items USING btree (tenant_id, review_id, "position");
CREATE INDEX access_review_items_tenant_id_review_id_position_idx1 ON public.access_review_items USING btree (tenant_id, review_id, "position") WHERE (decision = 'pending'::text);
CREATE INDEX access_review_items_tenant_id_review_id_role_id_idx ON public.access_review_items USING btree (tenant_id, review_id, role_id);
alter table access_review_items enable row level security;
alter table access_review_items force row level security;
create policy tenant_isolation on access_review_items for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on access_review_items to whoot_app;
grant delete, select on access_review_items to whoot_platform;

create table access_review_roles (
  tenant_id uuid not null,
  review_id uuid not null,
  role_id uuid not null,
  name text not null,
  permissions text[] not null,
  channels text[] not null,
  constraint access_review_roles_pkey PRIMARY KEY (tenant_id, review_id, role_id),
  constraint access_review_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint access_review_roles_tenant_id_review_id_fkey FOREIGN KEY (tenant_id, review_id) REFERENCES access_reviews(tenant_id, review_id)
);
alter table access_review_roles enable row level security;
alter table access_review_roles force row level security;
create policy tenant_isolation on access_review_roles for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on access_review_roles to whoot_app;
grant delete, select on access_review_roles to whoot_platform;

create table access_reviews (
  tenant_id uuid not null,
  review_id uuid not null,
  name text not null,
  started_by_name text not null,
  started_at timestamp(3) with time zone not null,
  due_at timestamp(3) with time zone not null,
  channel_count integer not null,
  open_channel_count integer not null,
  open_channels text[] not null,
  member_count integer not null,
  ended_at timestamp(3) with time zone,
  ended_by_name text,
  end_note text not null default ''::text,
  final_counts jsonb,
  final_since jsonb,
  constraint access_reviews_check CHECK ((((ended_at IS NULL) = (final_counts IS NULL)) AND ((ended_at IS NULL) = (ended_by_name IS NULL)))),
  constraint access_reviews_pkey PRIMARY KEY (tenant_id, review_id),
  constraint access_reviews_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE UNIQUE INDEX access_reviews_tenant_id_open ON public.access_reviews USING btree (tenant_id) WHERE (ended_at IS NULL);
CREATE INDEX access_reviews_tenant_id_started_at_review_id_idx ON public.access_reviews USING btree (tenant_id, started_at DESC, review_id DESC);
alter table access_reviews enable row level security;
alter table access_reviews force row level security;
create policy tenant_isolation on access_reviews for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on access_reviews to whoot_app;
grant delete, select on access_reviews to whoot_platform;

create table accounts (
  account_id uuid not null,
  email text not null,
  name text not null,
  password_hash text not null,
  created_at timestamp with time zone not null default now(),
  constraint accounts_email_check CHECK ((email = lower(email))),
  constraint accounts_email_key UNIQUE (email),
  constraint accounts_pkey PRIMARY KEY (account_id)
);
grant delete, insert, select, update on accounts to whoot_platform;

create table audit_heads (
  tenant_id uuid not null,
  sequence bigint not null default 0,
  hash bytea not null default '\x'::bytea,
  constraint audit_heads_pkey PRIMARY KEY (tenant_id),
  constraint audit_heads_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy tenant_isolation on audit_heads for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant select on audit_heads to whoot_app;
grant delete, select on audit_heads to whoot_platform;

create table audit_log (
  tenant_id uuid not null,
  sequence bigint not null,
  occurred_at timestamp(3) with time zone not null,
  action text not null,
  actor_member_id uuid,
  actor_name text not null,
  target_type text not null,
  target_id uuid,
  target_name text not null,
  ip_address text,
  user_agent text,
  changes json not null default '{}'::json,
  hash bytea not null,
  constraint audit_log_hash_check CHECK ((length(hash) = 32)),
  constraint audit_log_pkey PRIMARY KEY (tenant_id, sequence),
  constraint audit_log_sequence_check CHECK ((sequence > 0)),
  constraint audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE INDEX audit_log_tenant_id_action_occurred_at_sequence_idx ON public.audit_log USING btree (tenant_id, action, occurred_at, sequence);
CREATE INDEX audit_log_tenant_id_actor_member_id_action_occurred_at_sequ_idx ON public.audit_log USING btree (tenant_id, actor_member_id, action, occurred_at, sequence);
CREATE INDEX audit_log_tenant_id_actor_member_id_occurred_at_sequence_idx ON public.audit_log USING btree (tenant_id, actor_member_id, occurred_at, sequence);
CREATE INDEX audit_log_tenant_id_occurred_at_sequence_idx ON public.audit_log USING btree (tenant_id, occurred_at, sequence);
CREATE INDEX audit_log_tenant_id_target_id_occurred_at_sequence_idx ON public.audit_log USING btree (tenant_id, target_id, occurred_at, sequence);
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant_isolation on audit_log for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on audit_log to whoot_app;
grant insert, select on audit_log to whoot_platform;

create table audit_target_words (
  tenant_id uuid not null,
  field text not null,
  word text not null,
  target_id uuid not null,
  constraint audit_target_words_field_check CHECK ((field = ANY (ARRAY['name'::text, 'email'::text]))),
  constraint audit_target_words_pkey PRIMARY KEY (tenant_id, field, word, target_id),
  constraint audit_target_words_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE INDEX audit_target_words_tenant_id_target_id_idx ON public.audit_target_words USING btree (tenant_id, target_id);
alter table audit_target_words enable row level security;
alter table audit_target_words force row level security;
create policy tenant_isolation on audit_target_words for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on audit_target_words to whoot_app;
grant delete, insert, select on audit_target_words to whoot_platform;

create table channel_talker_members (
  tenant_id uuid not null,
  channel_id uuid not null,
  member_id uuid not null,
  constraint channel_talker_members_pkey PRIMARY KEY (tenant_id, channel_id, member_id),
  constraint channel_talker_members_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES channels(tenant_id, channel_id) ON DELETE CASCADE,
  constraint channel_talker_members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint channel_talker_members_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE
);
CREATE INDEX channel_talker_members_tenant_id_member_id_idx ON public.channel_talker_members USING btree (tenant_id, member_id);
alter table channel_talker_members enable row level security;
alter table channel_talker_members force row level security;
create policy tenant_isolation on channel_talker_members for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on channel_talker_members to whoot_app;
grant delete, select on channel_talker_members to whoot_platform;

create table channel_talker_roles (
  tenant_id uuid not null,
  channel_id uuid not null,
  role_id uuid not null,
  constraint channel_talker_roles_pkey PRIMARY KEY (tenant_id, channel_id, role_id),
  constraint channel_talker_roles_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES channels(tenant_id, channel_id) ON DELETE CASCADE,
  constraint channel_talker_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint channel_talker_roles_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES roles(tenant_id, role_id) ON DELETE CASCADE
);
CREATE INDEX channel_talker_roles_tenant_id_role_id_idx ON public.channel_talker_roles USING btree (tenant_id, role_id);
alter table channel_talker_roles enable row level security;
alter table channel_talker_roles force row level security;
create policy tenant_isolation on channel_talker_roles for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on channel_talker_roles to whoot_app;
grant delete, select on channel_talker_roles to whoot_platform;

create table channels (
  tenant_id uuid not null,
  channel_id uuid not null,
  name text not null,
  description text not null default ''::text,
  recording boolean not null default false,
  transmission text not null default 'open'::text,
  created_at timestamp with time zone not null default now(),
  constraint channels_pkey PRIMARY KEY (tenant_id, channel_id),
  constraint channels_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint channels_transmission_check CHECK ((transmission = ANY (ARRAY['open'::text, 'restricted'::text])))
);
CREATE UNIQUE INDEX channels_tenant_id_name ON public.channels USING btree (tenant_id, lower(name));
alter table channels enable row level security;
alter table channels force row level security;
create policy tenant_isolation on channels for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select, update on channels to whoot_app;
grant delete, select on channels to whoot_platform;

create table directory_erasures (
  tenant_id uuid not null,
  requested_at timestamp with time zone not null default now(),
  token_hash bytea,
  replay boolean not null default false,
  counts jsonb not null default '{}'::jsonb,
  totals jsonb,
  removing jsonb not null default '[]'::jsonb,
  constraint directory_erasures_pkey PRIMARY KEY (tenant_id)
);
grant delete, insert, select on directory_erasures to whoot_platform;

create table directory_invitations (
  token_hash bytea not null,
  tenant_id uuid not null,
  invitation_id uuid not null,
  proves_email boolean not null,
  constraint directory_invitations_pkey PRIMARY KEY (token_hash),
  constraint directory_invitations_tenant_id_invitation_id_fkey FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations(tenant_id, invitation_id) ON DELETE CASCADE
);
CREATE INDEX directory_invitations_tenant_id_idx ON public.directory_invitations USING btree (tenant_id);
alter table directory_invitations enable row level security;
alter table directory_invitations force row level security;
create policy platform_all on directory_invitations for all to whoot_platform using true with check true;
create policy tenant_insert on directory_invitations for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_invitations to whoot_app;
grant delete, insert, select on directory_invitations to whoot_platform;

create table directory_invitees (
  email_hash bytea not null,
  tenant_id uuid not null,
  invitation_id uuid not null,
  constraint directory_invitees_pkey PRIMARY KEY (email_hash, invitation_id),
  constraint directory_invitees_tenant_id_invitation_id_fkey FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations(tenant_id, invitation_id) ON DELETE CASCADE
);
CREATE INDEX directory_invitees_tenant_id_invitation_id_idx ON public.directory_invitees USING btree (tenant_id, invitation_id);
alter table directory_invitees enable row level security;
alter table directory_invitees force row level security;
create policy platform_all on directory_invitees for all to whoot_platform using true with check true;
create policy tenant_insert on directory_invitees for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_invitees to whoot_app;
grant delete, insert, select on directory_invitees to whoot_platform;

create table directory_memberships (
  account_id uuid not null,
  tenant_id uuid not null,
  constraint directory_memberships_pkey PRIMARY KEY (account_id, tenant_id),
  constraint directory_memberships_tenant_id_account_id_fkey FOREIGN KEY (tenant_id, account_id) REFERENCES members(tenant_id, account_id) ON DELETE CASCADE
);
CREATE INDEX directory_memberships_tenant_id_idx ON public.directory_memberships USING btree (tenant_id);
alter table directory_memberships enable row level security;
alter table directory_memberships force row level security;
create policy platform_all on directory_memberships for all to whoot_platform using true with check true;
create policy tenant_insert on directory_memberships for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_memberships to whoot_app;
grant delete, insert, select on directory_memberships to whoot_platform;

create table directory_slugs (
  slug text not null,
  tenant_id uuid not null,
  kept_until timestamp with time zone,
  skeleton text not null default slug_skeleton(slug),
  constraint directory_slugs_pkey PRIMARY KEY (slug)
);
CREATE INDEX directory_slugs_skeleton_idx ON public.directory_slugs USING btree (skeleton);
CREATE UNIQUE INDEX directory_slugs_tenant_id_current ON public.directory_slugs USING btree (tenant_id) WHERE (kept_until IS NULL);
CREATE INDEX directory_slugs_tenant_id_idx ON public.directory_slugs USING btree (tenant_id);
grant delete, select on directory_slugs to whoot_platform;

create table directory_tombstones (
  tenant_id uuid not null,
  tombstone jsonb not null,
  constraint directory_tombstones_pkey PRIMARY KEY (tenant_id)
);
grant insert, select, update on directory_tombstones to whoot_platform;

create table exports (
  tenant_id uuid not null,
  export_id uuid not null,
  member_id uuid,
  requested_by_name text not null,
  requested_at timestamp with time zone not null default now(),
  status text not null default 'building'::text,
  failure text,
  finished_at timestamp with time zone,
  expires_at timestamp with time zone,
  items_done bigint not null default 0,
  items_total bigint not null default 0,
  size bigint not null default 0,
  checkpoint jsonb,
  tail_sealed bytea,
  constraint exports_pkey PRIMARY KEY (tenant_id, export_id),
  constraint exports_status_check CHECK ((status = ANY (ARRAY['building'::text, 'ready'::text, 'failed'::text]))),
  constraint exports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint exports_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE SET NULL (member_id)
);
CREATE UNIQUE INDEX exports_tenant_id_building ON public.exports USING btree (tenant_id) WHERE (status = 'building'::text);
CREATE INDEX exports_tenant_id_member_id_idx ON public.exports USING btree (tenant_id, member_id);
alter table exports enable row level security;
alter table exports force row level security;
create policy tenant_isolation on exports for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on exports to whoot_app;
grant delete, select on exports to whoot_platform;

create table invitation_mails (
  tenant_id uuid not null,
  mail_id uuid not null,
  invitation_id uuid not null,
  asked_at timestamp with time zone not null default now(),
  constraint invitation_mails_pkey PRIMARY KEY (tenant_id, mail_id),
  constraint invitation_mails_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint invitation_mails_tenant_id_invitation_id_fkey FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitations(tenant_id, invitation_id) ON DELETE CASCADE
);
CREATE INDEX invitation_mails_tenant_id_asked_at_idx ON public.invitation_mails USING btree (tenant_id, asked_at);
CREATE INDEX invitation_mails_tenant_id_invitation_id_idx ON public.invitation_mails USING btree (tenant_id, invitation_id);
alter table invitation_mails enable row level security;
alter table invitation_mails force row level security;
create policy tenant_isolation on invitation_mails for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on invitation_mails to whoot_app;
grant delete, select on invitation_mails to whoot_platform;

create table invitations (
  tenant_id uuid not null,
  invitation_id uuid not null,
  email text not null,
  role_id uuid not null,
  invited_by_name text not null,
  token_sealed bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  accepted_at timestamp with time zone,
  revoked_at timestamp with time zone,
  invited_by_member_id uuid not null,
  mailed_hash bytea,
  mailed_at timestamp with time zone not null,
  constraint invitations_email_check CHECK ((email = lower(email))),
  constraint invitations_pkey PRIMARY KEY (tenant_id, invitation_id),
  constraint invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint invitations_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES roles(tenant_id, role_id)
);
CREATE INDEX invitations_tenant_id_created_at_invitation_id_idx ON public.invitations USING btree (tenant_id, created_at DESC, invitation_id DESC) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE UNIQUE INDEX invitations_tenant_id_open_email ON public.invitations USING btree (tenant_id, email) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE INDEX invitations_tenant_id_role_id_idx ON public.invitations USING btree (tenant_id, role_id);
alter table invitations enable row level security;
alter table invitations force row level security;
create policy tenant_isolation on invitations for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on invitations to whoot_app;
grant delete, select on invitations to whoot_platform;

create table member_sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  member_id uuid not null,
  ip_address text,
  user_agent text,
  started_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  constraint member_sessions_pkey PRIMARY KEY (tenant_id, session_id),
  constraint member_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint member_sessions_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE
);
CREATE INDEX member_sessions_tenant_id_member_id_idx ON public.member_sessions USING btree (tenant_id, member_id);
alter table member_sessions enable row level security;
alter table member_sessions force row level security;
create policy tenant_isolation on member_sessions for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on member_sessions to whoot_app;
grant delete, select on member_sessions to whoot_platform;

create table member_words (
  tenant_id uuid not null,
  field text not null,
  word text not null,
  member_id uuid not null,
  constraint member_words_field_check CHECK ((field = ANY (ARRAY['name'::text, 'email'::text]))),
  constraint member_words_pkey PRIMARY KEY (tenant_id, field, word, member_id),
  constraint member_words_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint member_words_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE
);
CREATE INDEX member_words_tenant_id_member_id_idx ON public.member_words USING btree (tenant_id, member_id);
alter table member_words enable row level security;
alter table member_words force row level security;
create policy tenant_isolation on member_words for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on member_words to whoot_app;
grant delete, insert, select on member_words to whoot_platform;

create table members (
  tenant_id uuid not null,
  member_id uuid not null,
  account_id uuid not null,
  role_id uuid not null,
  name text not null,
  email text not null,
  status text not null default 'active'::text,
  joined_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone,
  name_key text not null default search_key(name),
  last_visit_at timestamp with time zone,
  constraint members_pkey PRIMARY KEY (tenant_id, member_id),
  constraint members_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint members_tenant_id_account_id_key UNIQUE (tenant_id, account_id),
  constraint members_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint members_tenant_id_member_id_role_id_status_key UNIQUE (tenant_id, member_id, role_id, status),
  constraint members_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES roles(tenant_id, role_id)
);
CREATE INDEX members_tenant_id_email_idx ON public.members USING btree (tenant_id, email);
CREATE INDEX members_tenant_id_joined_at_member_id_idx ON public.members USING btree (tenant_id, joined_at, member_id);
CREATE INDEX members_tenant_id_last_seen_at_member_id_idx ON public.members USING btree (tenant_id, (
CASE
    WHEN (last_seen_at IS NULL) THEN '1970-01-01 00:00:00+00'::timestamp with time zone
    ELSE last_seen_at
END), member_id);
CREATE INDEX members_tenant_id_member_id_idx ON public.members USING btree (tenant_id, member_id) WHERE (status = 'suspended'::text);
CREATE INDEX members_tenant_id_name_key_member_id_idx ON public.members USING btree (tenant_id, name_key, member_id);
CREATE INDEX members_tenant_id_role_id_name_key_member_id_idx ON public.members USING btree (tenant_id, role_id, name_key, member_id);
alter table members enable row level security;
alter table members force row level security;
create policy platform_read on members for select to whoot_platform using true;
create policy tenant_isolation on members for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on members to whoot_app;
grant delete, insert, select on members to whoot_platform;

create table migrations (
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migrations_pkey PRIMARY KEY (name)
);

create table ownership_offers (
  tenant_id uuid not null,
  member_id uuid not null,
  offered_by_name text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  constraint ownership_offers_pkey PRIMARY KEY (tenant_id),
  constraint ownership_offers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint ownership_offers_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE
);
CREATE INDEX ownership_offers_tenant_id_member_id_idx ON public.ownership_offers USING btree (tenant_id, member_id);
alter table ownership_offers enable row level security;
alter table ownership_offers force row level security;
create policy tenant_isolation on ownership_offers for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on ownership_offers to whoot_app;
grant delete, select on ownership_offers to whoot_platform;

create table roles (
  tenant_id uuid not null,
  role_id uuid not null,
  name text not null,
  built_in text,
  permissions text[],
  created_at timestamp with time zone not null default now(),
  description text not null default ''::text,
  version integer not null default 1,
  constraint roles_built_in_check CHECK ((built_in = ANY (ARRAY['admin'::text, 'member'::text, 'viewer'::text]))),
  constraint roles_check CHECK (((built_in IS NULL) = (permissions IS NOT NULL))),
  constraint roles_pkey PRIMARY KEY (tenant_id, role_id),
  constraint roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE UNIQUE INDEX roles_tenant_id_built_in ON public.roles USING btree (tenant_id, built_in);
CREATE UNIQUE INDEX roles_tenant_id_name ON public.roles USING btree (tenant_id, lower(name));
alter table roles enable row level security;
alter table roles force row level security;
create policy platform_read on roles for select to whoot_platform using true;
create policy tenant_isolation on roles for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, select on roles to whoot_app;
grant delete, insert, select on roles to whoot_platform;

create table sessions (
  session_id uuid not null,
  account_id uuid not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  constraint sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint sessions_pkey PRIMARY KEY (session_id),
  constraint sessions_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sessions_account_id_idx ON public.sessions USING btree (account_id);
CREATE INDEX sessions_expires_at_idx ON public.sessions USING btree (expires_at);
grant delete, insert, select, update on sessions to whoot_platform;

create table sign_ups (
  sign_up_id uuid not null,
  email text not null,
  name text not null,
  password_hash text,
  token_hash bytea not null,
  browser_hash bytea not null,
  invitation_token_sealed bytea,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint sign_ups_email_check CHECK ((email = lower(email))),
  constraint sign_ups_pkey PRIMARY KEY (sign_up_id),
  constraint sign_ups_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sign_ups_email_idx ON public.sign_ups USING btree (email);
grant delete, insert, select, update on sign_ups to whoot_platform;

create table tenant_logos (
  tenant_id uuid not null,
  logo_id uuid not null,
  image bytea not null,
  constraint tenant_logos_image_check CHECK ((length(image) <= 262144)),
  constraint tenant_logos_pkey PRIMARY KEY (tenant_id, logo_id),
  constraint tenant_logos_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE UNIQUE INDEX tenant_logos_tenant_id ON public.tenant_logos USING btree (tenant_id);
alter table tenant_logos enable row level security;
alter table tenant_logos force row level security;
create policy tenant_isolation on tenant_logos for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on tenant_logos to whoot_app;
grant delete, select on tenant_logos to whoot_platform;

create table tenants (
  tenant_id uuid not null,
  slug text not null,
  name text not null,
  owner_member_id uuid not null,
  created_at timestamp with time zone not null default now(),
  accent_colour text,
  time_zone text not null default 'UTC'::text,
  clock text not null default '24h'::text,
  talk_key_mode text not null default 'hold'::text,
  logo_id uuid,
  admin_role_id uuid not null,
  owner_status text not null default 'active'::text,
  deleted_at timestamp with time zone,
  constraint tenants_accent_colour_check CHECK ((accent_colour ~ '^#[0-9a-f]{6}$'::text)),
  constraint tenants_clock_check CHECK ((clock = ANY (ARRAY['12h'::text, '24h'::text]))),
  constraint tenants_owner_is_active_admin FOREIGN KEY (tenant_id, owner_member_id, admin_role_id, owner_status) REFERENCES members(tenant_id, member_id, role_id, status) DEFERRABLE INITIALLY DEFERRED,
  constraint tenants_pkey PRIMARY KEY (tenant_id),
  constraint tenants_talk_key_mode_check CHECK ((talk_key_mode = ANY (ARRAY['hold'::text, 'latch'::text]))),
  constraint tenants_tenant_id_logo_id_fkey FOREIGN KEY (tenant_id, logo_id) REFERENCES tenant_logos(tenant_id, logo_id) ON DELETE SET NULL (logo_id)
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy platform_read on tenants for select to whoot_platform using true;
create policy tenant_isolation on tenants for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant select on tenants to whoot_app;
grant delete, insert, select on tenants to whoot_platform;

create table transmissions (
  tenant_id uuid not null,
  transmission_id uuid not null,
  channel_id uuid not null,
  member_id uuid,
  speaker_name text not null,
  started_at timestamp with time zone not null,
  duration_ms integer not null default 0,
  status text not null default 'recording'::text,
  waveform smallint[] not null default '{}'::smallint[],
  constraint transmissions_duration_ms_check CHECK ((duration_ms >= 0)),
  constraint transmissions_pkey PRIMARY KEY (tenant_id, transmission_id),
  constraint transmissions_status_check CHECK ((status = ANY (ARRAY['recording'::text, 'complete'::text, 'incomplete'::text, 'cut_short'::text]))),
  constraint transmissions_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES channels(tenant_id, channel_id) ON DELETE CASCADE,
  constraint transmissions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint transmissions_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE SET NULL (member_id)
);
CREATE INDEX transmissions_tenant_id_channel_id_started_at_transmission__idx ON public.transmissions USING btree (tenant_id, channel_id, started_at DESC, transmission_id DESC);
CREATE INDEX transmissions_tenant_id_member_id_idx ON public.transmissions USING btree (tenant_id, member_id);
CREATE INDEX transmissions_tenant_id_started_at_idx ON public.transmissions USING btree (tenant_id, started_at);
alter table transmissions enable row level security;
alter table transmissions force row level security;
create policy tenant_isolation on transmissions for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select, update on transmissions to whoot_app;
grant delete, select on transmissions to whoot_platform;
