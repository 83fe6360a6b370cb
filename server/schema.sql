-- What the migrations make. Written by `npm run generate`; do not edit.

CREATE OR REPLACE FUNCTION public.ask_mfa_reset(asked_for uuid, token bytea, asker uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  asking uuid := public.current_tenant_id();
begin
  if asking is null then raise exception 'no tenant is entered'; end if;
  insert into public.directory_mfa_resets (account_id, tenant_id, token_hash, asked_by) values (asked_for, asking, token, asker)
    on conflict (account_id, tenant_id) do update set token_hash = token, asked_by = asker, asked_at = now();
end
$function$;
-- callers: whoot_app

CREATE OR REPLACE FUNCTION public.audit_search_words(name text)
 RETURNS TABLE(field text, word text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
 SELECT words.field,
     words.word
    FROM member_search_words(regexp_replace(audit_search_words.name, '[^\s"\\<>,;:()[\]]+@[^\s"\\<>,;:()[\]]+'::text, ' '::text, 'g'::text), ''::text) words(field, word)
   WHERE (words.field = 'name'::text)
 UNION
  SELECT words.field,
     words.word
    FROM regexp_split_to_table(audit_search_words.name, '[\s"\\<>,;:()[\]]+'::text) part(part),
     LATERAL member_search_words(''::text, part.part) words(field, word)
   WHERE ((words.field = 'email'::text) AND (part.part ~ '.@.'::text));
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

CREATE OR REPLACE FUNCTION public.enter_domain(entered text, id uuid, hold boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  claimant uuid := public.current_tenant_id();
begin
  if claimant is null then raise exception 'no tenant is entered'; end if;
  -- Of two that prove the same domain at once, the second one sees what the first one committed.
  perform pg_advisory_xact_lock(hashtextextended('domain ' || entered, 0));
  if hold and exists (select from public.directory_domains where domain = entered and holds and tenant_id <> claimant) then
    return false;
  end if;
  insert into public.directory_domains (domain, tenant_id, domain_id, holds) values (entered, claimant, id, hold)
    on conflict (domain, tenant_id) do update set domain_id = id, holds = hold;
  return true;
end
$function$;
-- callers: whoot_app

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
      where task.id = job.task_id and job.payload ->> 'tenantId' = of_tenant::text
        and (task.identifier <> 'eraseTenant' or job.locked_at is null and job.attempts >= job.max_attempts)
      returning task.identifier),
    never_released as (delete from public.held_jobs where payload ->> 'tenantId' = of_tenant::text returning 1)
    select (select count(*) from erased where identifier <> 'eraseTenant') + (select count(*) from never_released)
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

CREATE OR REPLACE FUNCTION public.hold_jobs(task text, payloads jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    insert into public.held_jobs (task, payload) select hold_jobs.task, payload from jsonb_array_elements(payloads) payload
  $function$;
-- callers: whoot_app

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

CREATE OR REPLACE FUNCTION public.leave_domain(left_domain text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ delete from public.directory_domains where domain = left_domain and tenant_id = public.current_tenant_id() $function$;
-- callers: whoot_app

CREATE OR REPLACE FUNCTION public.lock_audit_head()
 RETURNS TABLE(sequence bigint, hash bytea)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select head.sequence, head.hash from public.audit_heads head where head.tenant_id = public.current_tenant_id() for update
  $function$;
-- callers: whoot_app, whoot_platform

CREATE OR REPLACE FUNCTION public.look_at_billing(instant timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  tenant uuid := public.current_tenant_id();
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  if instant is null then
    delete from public.directory_billing where tenant_id = tenant;
  else
    insert into public.directory_billing (tenant_id, due_at) values (tenant, instant)
      on conflict (tenant_id) do update set due_at = excluded.due_at;
  end if;
end
$function$;
-- callers: whoot_app

CREATE OR REPLACE FUNCTION public.member_search_words(name text, email text)
 RETURNS TABLE(field text, word text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
 SELECT 'name'::text,
     start.start
    FROM search_starts(search_key(member_search_words.name)) start(start)
 UNION
  SELECT 'name'::text,
     start.start
    FROM search_starts(search_key(search_expanded(member_search_words.name))) start(start)
 UNION
  SELECT 'email'::text,
     start.start
    FROM search_starts(search_key(split_part(member_search_words.email, '@'::text, 1))) start(start)
 UNION
  SELECT 'email'::text,
     lower((member_search_words.email COLLATE "C")) AS lower
 UNION
  SELECT 'email'::text,
     ('@'::text || split_part(lower((member_search_words.email COLLATE "C")), '@'::text, 2));
END;

CREATE OR REPLACE FUNCTION public.open_billing_account(is_shared boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  -- Without letters and digits that people take for one another. So no drawn prefix is INVOICE.
  letters constant text := '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  tenant uuid := public.current_tenant_id();
  present text;
  wanted text;
  drawn bytea;
begin
  if tenant is null then raise exception 'no tenant is entered'; end if;
  select series_prefix into present from public.billing_accounts where tenant_id = tenant;
  if present = 'INVOICE' or (present is not null and not is_shared) then return; end if;
  if is_shared then
    if not exists (select from public.billing_catalogues where content ->> 'series' = 'issuer') then
      raise exception 'no catalogue wants a series that all tenants share';
    end if;
    wanted := 'INVOICE';
    insert into public.billing_series (prefix) values (wanted) on conflict do nothing;
  else
    loop
      drawn := uuid_send(gen_random_uuid());
      -- Bytes 6 and 8 of a random uuid have bits that are fixed.
      select string_agg(substr(letters, 1 + (get_byte(drawn, at) & 31), 1), '') into wanted
        from unnest(array[0, 1, 2, 3, 4, 5, 9, 10]) at;
      insert into public.billing_series (prefix) values (wanted) on conflict do nothing;
      exit when found;
    end loop;
  end if;
  insert into public.billing_accounts (tenant_id, series_prefix) values (tenant, wanted)
    on conflict (tenant_id) do update set series_prefix = excluded.series_prefix;
end
$function$;
-- callers: whoot_app

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

CREATE OR REPLACE FUNCTION public.release_held_jobs(most integer)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    with next as materialized (
      select held_job_id from public.held_jobs order by held_at, held_job_id limit most for update skip locked),
    released as (
      delete from public.held_jobs held using next where held.held_job_id = next.held_job_id
      returning held.task, held.payload, held.held_at)
    select count(*) from graphile_worker.add_jobs(array(
      select row(task, payload::json, null, null, 25, null, 10, null)::graphile_worker.job_spec from released order by held_at))
  $function$;
-- callers: whoot_platform

CREATE OR REPLACE FUNCTION public.search_expanded(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(NORMALIZE(value, NFC), 'ä'::text, 'ae'::text), 'ö'::text, 'oe'::text), 'ü'::text, 'ue'::text), 'å'::text, 'aa'::text), 'ø'::text, 'oe'::text), 'Ä'::text, 'ae'::text), 'Ö'::text, 'oe'::text), 'Ü'::text, 'ue'::text), 'Å'::text, 'aa'::text), 'Ø'::text, 'oe'::text);

CREATE OR REPLACE FUNCTION public.search_key(value text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
declare
  plain text := regexp_replace(value, '[^a-zA-Z0-9\u0080-\U0010ffff]', ' ', 'g');
begin
  if plain !~ '[\u0080-\U0010ffff]' then
    return lower(plain collate "C");
  end if;
  plain := regexp_replace(normalize(plain, nfkd), '['
      || '\u00ad\u01b8-\u01b9\u0241-\u0242\u0294-\u0295\u02a1-\u02a2\u02ad\u02b9-\u02c1\u02c6-\u02d1\u02ec\u02ee\u0300-'
      || '\u033f\u0342\u0345-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0600-\u0605\u0610-'
      || '\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dd\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed\u070f\u0711\u0730-'
      || '\u074a\u07a6-\u07b0\u07eb-\u07f3\u07fd\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0890-'
      || '\u0891\u0897-\u089f\u08ca-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962-\u0963\u0981-\u0983\u09bc\u09be-'
      || '\u09c4\u09c7-\u09c8\u09cd\u09d7\u09e2-\u09e3\u09fe\u0a01-\u0a03\u0a3c\u0a3e-\u0a42\u0a47-\u0a48\u0a4b-\u0a4d'
      || '\u0a51\u0a70-\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0ac5\u0ac7-\u0ac9\u0acb-\u0acd\u0ae2-\u0ae3\u0afa-\u0aff'
      || '\u0b01-\u0b03\u0b3c\u0b3e-\u0b44\u0b47\u0b4d\u0b55-\u0b57\u0b62-\u0b63\u0b82\u0bbe-\u0bc2\u0bc6-\u0bc8\u0bcd'
      || '\u0bd7\u0c00-\u0c04\u0c3c\u0c3e-\u0c44\u0c46-\u0c47\u0c4a-\u0c4d\u0c55-\u0c56\u0c62-\u0c63\u0c81-\u0c83\u0cbc'
      || '\u0cbe-\u0cbf\u0cc1-\u0cc4\u0cc6\u0ccc-\u0ccd\u0cd5-\u0cd6\u0ce2-\u0ce3\u0cf3\u0d00-\u0d03\u0d3b-\u0d3c\u0d3e-'
      || '\u0d44\u0d46-\u0d48\u0d4d\u0d57\u0d62-\u0d63\u0d81-\u0d83\u0dca\u0dcf-\u0dd4\u0dd6\u0dd8-\u0dd9\u0ddb\u0ddf'
      || '\u0df2-\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f18-\u0f19\u0f35\u0f37\u0f39'
      || '\u0f3e-\u0f3f\u0f71-\u0f72\u0f74\u0f7a-\u0f80\u0f82-\u0f84\u0f86-\u0f87\u0f8d-\u0f92\u0f94-\u0f97\u0f99-'
      || '\u0f9c\u0f9e-\u0fa1\u0fa3-\u0fa6\u0fa8-\u0fab\u0fad-\u0fb8\u0fba-\u0fbc\u0fc6\u102b-\u103e\u1056-\u1059\u105e-'
      || '\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u135d-\u135f\u1712-\u1715\u1732-'
      || '\u1734\u1752-\u1753\u1772-\u1773\u17b4-\u17d3\u17dd\u180b-\u180f\u1885-\u1886\u18a9\u1920-\u192b\u1930-\u193b'
      || '\u1a17-\u1a1b\u1a55-\u1a5e\u1a60-\u1a7c\u1a7f\u1ab0-\u1add\u1ae0-\u1aeb\u1b00-\u1b04\u1b34-\u1b3a\u1b3c\u1b3e-'
      || '\u1b3f\u1b42\u1b44\u1b6b-\u1b73\u1b80-\u1b82\u1ba1-\u1bad\u1be6-\u1bf3\u1c24-\u1c37\u1cd0-\u1cd2\u1cd4-\u1ce8'
      || '\u1ced\u1cf4\u1cf7-\u1cfa\u1d24-\u1d25\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20d0-'
      || '\u20f0\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u2e2f\u3006\u302a-\u302f\u3031-\u3035\u3099-\u309a\u30fc\ua66f-\ua672'
      || '\ua674-\ua67d\ua69e-\ua69f\ua6f0-\ua6f1\ua717-\ua71f\ua722-\ua725\ua76a-\ua76b\ua76e-\ua76f\ua788\ua78b-'
      || '\ua78c\ua78f\ua7ce-\ua7cf\ua802\ua806\ua80b\ua823-\ua827\ua82c\ua880-\ua881\ua8b4-\ua8c5\ua8e0-\ua8f1\ua8ff'
      || '\ua926-\ua92d\ua947-\ua953\ua980-\ua983\ua9b3-\ua9c0\ua9cf\ua9e5\uaa29-\uaa36\uaa43\uaa4c-\uaa4d\uaa7b-\uaa7d'
      || '\uaab0\uaab2-\uaab4\uaab7-\uaab8\uaabe-\uaabf\uaac1\uaaeb-\uaaef\uaaf5-\uaaf6\uabe3-\uabea\uabec-\uabed\ufb1e'
      || '\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\ufff9-\ufffb\U000101fd\U000102e0\U00010376-\U0001037a\U00010a01-\U00010a03'
      || '\U00010a05-\U00010a06\U00010a0c-\U00010a0f\U00010a38-\U00010a3a\U00010a3f\U00010ae5-\U00010ae6\U00010d24-'
      || '\U00010d27\U00010d69-\U00010d6d\U00010eab-\U00010eac\U00010efa-\U00010eff\U00010f46-\U00010f50\U00010f82-'
      || '\U00010f85\U00011000-\U00011002\U00011038-\U00011046\U00011070\U00011073-\U00011074\U0001107f-\U00011082'
      || '\U000110b0-\U000110ba\U000110bd\U000110c2\U000110cd\U00011100-\U00011102\U00011127-\U0001112d\U00011130-'
      || '\U00011134\U00011145-\U00011146\U00011173\U00011180-\U00011182\U000111b3-\U000111c0\U000111c9-\U000111cc'
      || '\U000111ce-\U000111cf\U0001122c-\U00011237\U0001123e\U00011241\U000112df-\U000112ea\U00011300-\U00011303'
      || '\U0001133b-\U0001133c\U0001133e-\U00011344\U00011347-\U00011348\U0001134d\U00011357\U00011362-\U00011363'
      || '\U00011366-\U0001136c\U00011370-\U00011374\U000113b8-\U000113c0\U000113c2\U000113c9-\U000113ca\U000113cc-'
      || '\U000113d0\U000113d2\U000113e1-\U000113e2\U00011435-\U00011446\U0001145e\U000114b0-\U000114ba\U000114bd\U000114bf-'
      || '\U000114c3\U000115af-\U000115b5\U000115b8-\U000115b9\U000115bc-\U000115c0\U000115dc-\U000115dd\U00011630-'
      || '\U00011640\U000116ab-\U000116b7\U0001171d-\U0001172b\U0001182c-\U0001183a\U00011930-\U00011935\U00011937'
      || '\U0001193b-\U0001193e\U00011940\U00011942-\U00011943\U000119d1-\U000119d7\U000119da-\U000119e0\U000119e4'
      || '\U00011a01-\U00011a0a\U00011a33-\U00011a39\U00011a3b-\U00011a3e\U00011a47\U00011a51-\U00011a5b\U00011a8a-'
      || '\U00011a99\U00011b60-\U00011b67\U00011c2f-\U00011c36\U00011c38-\U00011c3f\U00011c92-\U00011ca7\U00011ca9-'
      || '\U00011cb6\U00011d31-\U00011d36\U00011d3a\U00011d3c-\U00011d3d\U00011d3f-\U00011d45\U00011d47\U00011d8a-'
      || '\U00011d8e\U00011d90-\U00011d91\U00011d93-\U00011d97\U00011ef3-\U00011ef6\U00011f00-\U00011f01\U00011f03'
      || '\U00011f34-\U00011f3a\U00011f3e-\U00011f42\U00011f5a\U00013430-\U00013440\U00013447-\U00013455\U0001611e-'
      || '\U00016120\U00016129-\U0001612f\U00016af0-\U00016af4\U00016b30-\U00016b36\U00016f4f\U00016f51-\U00016f87'
      || '\U00016f8f-\U00016f92\U00016fe4\U00016ff0-\U00016ff1\U0001bc9d-\U0001bc9e\U0001bca0-\U0001bca3\U0001cf00-'
      || '\U0001cf2d\U0001cf30-\U0001cf46\U0001d165-\U0001d169\U0001d16d-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-'
      || '\U0001d1ad\U0001d242-\U0001d244\U0001da00-\U0001da36\U0001da3b-\U0001da6c\U0001da75\U0001da84\U0001da9b-'
      || '\U0001da9f\U0001daa1-\U0001daaf\U0001e000-\U0001e006\U0001e008-\U0001e018\U0001e01b-\U0001e021\U0001e023-'
      || '\U0001e024\U0001e026-\U0001e02a\U0001e08f\U0001e130-\U0001e136\U0001e2ae\U0001e2ec-\U0001e2ef\U0001e4ec-'
      || '\U0001e4ef\U0001e5ee-\U0001e5ef\U0001e6e3\U0001e6e6\U0001e6ee-\U0001e6ef\U0001e6f5\U0001e8d0-\U0001e8d6\U0001e944-'
      || '\U0001e94a\U000e0001\U000e0020-\U000e007f\U000e0100-\U000e01ef'
      || ']', '', 'g');
  plain := regexp_replace(plain, '[ -/:-@[-`{-~'
      || '\u0080-\u009f\u00a1\u00a7\u00ab\u00b6-\u00b7\u00bb\u00bf\u055a-\u055f\u0589-\u058a\u05be\u05c0\u05c3\u05c6'
      || '\u05f3-\u05f4\u0609-\u060a\u060c-\u060d\u061b\u061d-\u061f\u066a-\u066d\u06d4\u0700-\u070d\u07f7-\u07f9\u0830-'
      || '\u083e\u085e\u0964-\u0965\u0970\u09fd\u0a76\u0af0\u0c77\u0c84\u0df4\u0e4f\u0e5a-\u0e5b\u0f04-\u0f0b\u0f0d-'
      || '\u0f12\u0f14\u0f3a-\u0f3d\u0f85\u0fd0-\u0fd4\u0fd9-\u0fda\u104a-\u104f\u10fb\u1360-\u1368\u1400\u166e\u1680'
      || '\u169b-\u169c\u16eb-\u16ed\u1735-\u1736\u17d4-\u17d6\u17d8-\u17da\u1800-\u180a\u1944-\u1945\u1a1e-\u1a1f'
      || '\u1aa0-\u1aa6\u1aa8-\u1aad\u1b4e-\u1b4f\u1b5a-\u1b60\u1b7d-\u1b7f\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e-\u1c7f'
      || '\u1cc0-\u1cc7\u1cd3\u2010\u2012-\u2016\u2018-\u2023\u2027-\u2029\u2030-\u2032\u2035\u2038-\u203b\u203d\u203f-'
      || '\u2043\u2045-\u2046\u204a-\u2051\u2053-\u2056\u2058-\u205e\u2308-\u230b\u2768-\u2775\u27c5-\u27c6\u27e6-'
      || '\u27ef\u2983-\u2998\u29d8-\u29db\u29fc-\u29fd\u2cf9-\u2cfc\u2cfe-\u2cff\u2d70\u2e00-\u2e2e\u2e30-\u2e4f\u2e52-'
      || '\u2e5d\u3001-\u3003\u3008-\u3011\u3014-\u301f\u3030\u303d\u30a0\u30fb\ua4fe-\ua4ff\ua60d-\ua60f\ua673\ua67e'
      || '\ua6f2-\ua6f7\ua874-\ua877\ua8ce-\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e-\ua92f\ua95f\ua9c1-\ua9cd\ua9de-\ua9df\uaa5c-'
      || '\uaa5f\uaade-\uaadf\uaaf0-\uaaf1\uabeb\ufd3e-\ufd3f\ufe45-\ufe46\U00010100-\U00010102\U0001039f\U000103d0'
      || '\U0001056f\U00010857\U0001091f\U0001093f\U00010a50-\U00010a58\U00010a7f\U00010af0-\U00010af6\U00010b39-\U00010b3f'
      || '\U00010b99-\U00010b9c\U00010d6e\U00010ead\U00010ed0\U00010f55-\U00010f59\U00010f86-\U00010f89\U00011047-'
      || '\U0001104d\U000110bb-\U000110bc\U000110be-\U000110c1\U00011140-\U00011143\U00011174-\U00011175\U000111c5-'
      || '\U000111c8\U000111cd\U000111db\U000111dd-\U000111df\U00011238-\U0001123d\U000112a9\U000113d4-\U000113d5\U000113d7-'
      || '\U000113d8\U0001144b-\U0001144f\U0001145a-\U0001145b\U0001145d\U000114c6\U000115c1-\U000115d7\U00011641-'
      || '\U00011643\U00011660-\U0001166c\U000116b9\U0001173c-\U0001173e\U0001183b\U00011944-\U00011946\U000119e2\U00011a3f-'
      || '\U00011a46\U00011a9a-\U00011a9c\U00011a9e-\U00011aa2\U00011b00-\U00011b09\U00011be1\U00011c41-\U00011c45'
      || '\U00011c70-\U00011c71\U00011ef7-\U00011ef8\U00011f43-\U00011f4f\U00011fff\U00012470-\U00012474\U00012ff1-'
      || '\U00012ff2\U00016a6e-\U00016a6f\U00016af5\U00016b37-\U00016b3b\U00016b44\U00016d6d-\U00016d6f\U00016e97-'
      || '\U00016e9a\U00016fe2\U0001bc9f\U0001da87-\U0001da8b\U0001e5ff\U0001e95e-\U0001e95f'
      || ']', ' ', 'g');
  return (
    select coalesce(string_agg(coalesce('{"Ⱥ":"a","Ʌ":"a","ɐ":"a","ɑ":"a","ɒ":"a","ʌ":"a","ᴀ":"a","ᶏ":"a","ᶐ":"a","ⱥ":"a","Ɑ":"a","Ɐ":"a","Ɒ":"a","Ꞻ":"a",
"ꞻ":"a","ꬰ":"a","ꭤ":"a","ƀ":"b","Ɓ":"b","Ƃ":"b","ƃ":"b","Ƀ":"b","ɓ":"b","ʙ":"b","ᴃ":"b","ᴯ":"b","ᵬ":"b","ᶀ":"b",
"Ꞗ":"b","ꞗ":"b","Ꞵ":"b","ꞵ":"b","Ƈ":"c","ƈ":"c","ǀ":"c","Ȼ":"c","ȼ":"c","ɕ":"c","ᴄ":"c","Ↄ":"c","ↄ":"c","Ꜿ":"c",
"ꜿ":"c","Ꞓ":"c","ꞓ":"c","ꞔ":"c","Ꞔ":"c","𝼝":"c","Ð":"d","ð":"d","Đ":"d","đ":"d","Ɖ":"d","Ɗ":"d","Ƌ":"d","ƌ":"d",
"ȡ":"d","ɖ":"d","ɗ":"d","ᴅ":"d","ᴆ":"d","ᵭ":"d","ᶁ":"d","ᶑ":"d","ẟ":"d","ꝱ":"d","Ꝺ":"d","ꝺ":"d","Ꟈ":"d","ꟈ":"d",
"𝼥":"d","Ǝ":"e","Ə":"e","Ɛ":"e","ǝ":"e","Ɇ":"e","ɇ":"e","ɘ":"e","ə":"e","ɛ":"e","ɜ":"e","ᴇ":"e","ᴈ":"e","ᶒ":"e",
"ᶓ":"e","ᶔ":"e","ᶕ":"e","ⱸ":"e","ⱻ":"e","Ɜ":"e","ꬲ":"e","ꬳ":"e","ꬴ":"e","Ƒ":"f","ƒ":"f","ɸ":"f","ᵮ":"f","ᶂ":"f",
"Ⅎ":"f","ⅎ":"f","ꜰ":"f","Ꝼ":"f","ꝼ":"f","Ꞙ":"f","ꞙ":"f","ꟻ":"f","ꬵ":"f","Ɠ":"g","Ɣ":"g","Ǥ":"g","ǥ":"g","ɠ":"g",
"ɡ":"g","ɢ":"g","ɣ":"g","ʛ":"g","ᵷ":"g","ᵹ":"g","ᶃ":"g","Ᵹ":"g","Ꞡ":"g","ꞡ":"g","Ɡ":"g","Ꟑ":"g","ꟑ":"g","ꬶ":"g",
"𝼁":"g","𝼂":"g","Ħ":"h","ħ":"h","ɦ":"h","ɧ":"h","ʜ":"h","ᳲ":"h","ᳳ":"h","ᳵ":"h","ᳶ":"h","Ⱨ":"h","ⱨ":"h","Ⱶ":"h",
"ⱶ":"h","Ꜧ":"h","ꜧ":"h","ꞕ":"h","Ɦ":"h","Ꟶ":"h","ꟶ":"h","ı":"i","Ɩ":"i","Ɨ":"i","ɨ":"i","ɩ":"i","ɪ":"i","ɿ":"i",
"ʅ":"i","ᴉ":"i","ᵎ":"i","ᵻ":"i","ᵼ":"i","ᶖ":"i","Ɪ":"i","Ꞽ":"i","ꞽ":"i","ꟷ":"i","ꟾ":"i","𝼚":"i","ȷ":"j","Ɉ":"j",
"ɉ":"j","ɟ":"j","ʄ":"j","ʝ":"j","ᴊ":"j","Ʝ":"j","Ƙ":"k","ƙ":"k","ʞ":"k","ᴋ":"k","ᶄ":"k","Ⱪ":"k","ⱪ":"k","Ꝁ":"k",
"ꝁ":"k","Ꝃ":"k","ꝃ":"k","Ꝅ":"k","ꝅ":"k","Ꞣ":"k","ꞣ":"k","Ʞ":"k","𝼃":"k","𝼐":"k","Ł":"l","ł":"l","ƚ":"l","ƛ":"l",
"ȴ":"l","Ƚ":"l","ɫ":"l","ɬ":"l","ɭ":"l","ʟ":"l","ᴌ":"l","ᶅ":"l","Ⱡ":"l","ⱡ":"l","Ɫ":"l","Ꝇ":"l","ꝇ":"l","Ꝉ":"l",
"ꝉ":"l","ꝲ":"l","ꞎ":"l","Ɬ":"l","Ꟛ":"l","ꟛ":"l","Ƛ":"l","ꬷ":"l","ꬸ":"l","ꬹ":"l","𝼄":"l","𝼑":"l","𝼓":"l","𝼦":"l",
"ɱ":"m","ᳩ":"m","ᳪ":"m","ᳫ":"m","ᳬ":"m","ᳮ":"m","ᳯ":"m","ᳰ":"m","ᳱ":"m","ᴍ":"m","ᵯ":"m","ᶆ":"m","Ɱ":"m","ꝳ":"m",
"ꟽ":"m","ꟿ":"m","ꬺ":"m","Ɲ":"n","ƞ":"n","Ƞ":"n","ȵ":"n","ɲ":"n","ɳ":"n","ɴ":"n","ᴎ":"n","ᴻ":"n","ᵰ":"n","ᶇ":"n",
"ꝴ":"n","Ꞑ":"n","ꞑ":"n","Ꞥ":"n","ꞥ":"n","ꬻ":"n","𝼧":"n","Ø":"o","ø":"o","Ɔ":"o","Ɵ":"o","ɔ":"o","ɞ":"o","ɵ":"o",
"ᴏ":"o","ᴐ":"o","ᴑ":"o","ᴒ":"o","ᴓ":"o","ᴖ":"o","ᴗ":"o","ᶗ":"o","ⱷ":"o","ⱺ":"o","Ꝋ":"o","ꝋ":"o","Ꝍ":"o","ꝍ":"o",
"Ꞷ":"o","ꞷ":"o","Ꟁ":"o","ꟁ":"o","ꬽ":"o","ꬾ":"o","ꬿ":"o","𝼛":"o","Ƥ":"p","ƥ":"p","ᴘ":"p","ᵱ":"p","ᵽ":"p","ᶈ":"p",
"Ᵽ":"p","Ꝑ":"p","ꝑ":"p","Ꝓ":"p","ꝓ":"p","Ꝕ":"p","ꝕ":"p","ꟼ":"p","ĸ":"q","ǃ":"q","Ɋ":"q","ɋ":"q","ʗ":"q","ʠ":"q",
"Ꝗ":"q","ꝗ":"q","Ꝙ":"q","ꝙ":"q","ꞯ":"q","𝼊":"q","𝼏":"q","Ʀ":"r","Ɍ":"r","ɍ":"r","ɹ":"r","ɺ":"r","ɻ":"r","ɼ":"r",
"ɽ":"r","ɾ":"r","ʀ":"r","ʁ":"r","ᴙ":"r","ᴚ":"r","ᵲ":"r","ᵳ":"r","ᶉ":"r","Ɽ":"r","ⱹ":"r","Ꝛ":"r","ꝛ":"r","Ꝝ":"r",
"ꝝ":"r","ꝵ":"r","ꝶ":"r","Ꞃ":"r","ꞃ":"r","Ꞧ":"r","ꞧ":"r","ꭅ":"r","ꭆ":"r","ꭇ":"r","ꭉ":"r","ꭋ":"r","ꭌ":"r","ꭨ":"r",
"𝼈":"r","𝼕":"r","𝼖":"r","𝼨":"r","ȿ":"s","ʂ":"s","ᵴ":"s","ᶊ":"s","ẜ":"s","ẝ":"s","Ȿ":"s","ꜱ":"s","Ꝭ":"s","ꝭ":"s",
"ꝸ":"s","Ꞅ":"s","ꞅ":"s","Ꞩ":"s","ꞩ":"s","Ʂ":"s","Ꟊ":"s","ꟊ":"s","Ꟍ":"s","ꟍ":"s","Ꟗ":"s","ꟗ":"s","Ꟙ":"s","ꟙ":"s",
"𝼞":"s","𝼩":"s","Ŧ":"t","ŧ":"t","ƫ":"t","Ƭ":"t","ƭ":"t","Ʈ":"t","ȶ":"t","Ⱦ":"t","ʇ":"t","ʈ":"t","ᴛ":"t","ᵵ":"t",
"ⱦ":"t","ꝷ":"t","Ꞇ":"t","ꞇ":"t","Ʇ":"t","𝼉":"t","𝼍":"t","𝼪":"t","Ʊ":"u","Ʉ":"u","ɤ":"u","ɷ":"u","ʉ":"u","ʊ":"u",
"ᴜ":"u","ᴝ":"u","ᴞ":"u","ᵾ":"u","ᵿ":"u","ᶙ":"u","Ꞹ":"u","ꞹ":"u","Ꞿ":"u","ꞿ":"u","Ɤ":"u","ꭎ":"u","ꭏ":"u","ꭒ":"u",
"Ʋ":"v","ʋ":"v","ᴠ":"v","ᶌ":"v","Ỽ":"v","ỽ":"v","ⱱ":"v","ⱴ":"v","Ꝟ":"v","ꝟ":"v","Ꝩ":"v","ꝩ":"v","Ɯ":"w","ƿ":"w",
"Ƿ":"w","ɯ":"w","ɰ":"w","ʍ":"w","ᴟ":"w","ᴡ":"w","Ⱳ":"w","ⱳ":"w","Ꟃ":"w","ꟃ":"w","ꟺ":"w","ǁ":"x","ʖ":"x","ᶍ":"x",
"Ꭓ":"x","ꭓ":"x","ꭔ":"x","ꭕ":"x","ꭖ":"x","ꭗ":"x","ꭘ":"x","ꭙ":"x","𝼎":"x","Ƴ":"y","ƴ":"y","Ȝ":"y","ȝ":"y","Ɏ":"y",
"ɏ":"y","ɥ":"y","ʎ":"y","ʏ":"y","ʮ":"y","ʯ":"y","Ỿ":"y","ỿ":"y","Ɥ":"y","ꭚ":"y","𝼆":"y","ƍ":"z","Ƶ":"z","ƶ":"z",
"Ȥ":"z","ȥ":"z","ɀ":"z","ʐ":"z","ʑ":"z","ᴢ":"z","ᵶ":"z","ᶎ":"z","Ⱬ":"z","ⱬ":"z","Ɀ":"z","Ꝣ":"z","ꝣ":"z","Ᶎ":"z",
"Æ":"ae","æ":"ae","ᴁ":"ae","ᴂ":"ae","Ꞛ":"ae","ꞛ":"ae","ꬱ":"ae","Þ":"th","þ":"th","ᵺ":"th","Ꝥ":"th","ꝥ":"th","Ꝧ":"th",
"ꝧ":"th","ß":"ss","ẞ":"ss","Ŋ":"ng","ŋ":"ng","Ꝿ":"ng","ꝿ":"ng","ꬼ":"ng","𝼇":"ng","𝼔":"ng","Œ":"oe","œ":"oe",
"ɶ":"oe","ʚ":"oe","ᴔ":"oe","Ꞝ":"oe","ꞝ":"oe","ꭀ":"oe","ꭁ":"oe","ꭂ":"oe","ꭢ":"oe","Ƅ":"6","ƅ":"6","ƕ":"hw","Ƕ":"hw",
"Ƣ":"gh","ƣ":"gh","Ƨ":"2","ƨ":"2","Ʃ":"sh","ƪ":"sh","ʃ":"sh","ʆ":"sh","ᶋ":"sh","ᶘ":"sh","ꭍ":"sh","Ʒ":"zh","ƺ":"zh",
"ʒ":"zh","ʓ":"zh","ᴣ":"zh","ᶚ":"zh","𝼘":"zh","ƻ":"dz","ʣ":"dz","ʥ":"dz","ꭦ":"dz","Ƽ":"5","ƽ":"5","ƾ":"ts","ʦ":"ts",
"ꭧ":"ts","ǂ":"qc","𝼋":"qc","𝼌":"qc","Ȣ":"ou","ȣ":"ou","ᴕ":"ou","ȸ":"db","ȹ":"qp","ɚ":"er","ɝ":"er","ɮ":"lzh",
"𝼅":"lzh","ʘ":"pc","ʤ":"dzh","𝼒":"dzh","𝼙":"dzh","ʧ":"tsh","𝼗":"tsh","𝼜":"tsh","ʨ":"tc","ʩ":"fng","𝼀":"fng",
"ʪ":"ls","ʫ":"lz","ʬ":"ww","꟔":"ww","ꟕ":"ww","Ͱ":"ͱ","Ͳ":"ͳ","Ͷ":"ͷ","Ϳ":"ϳ","Α":"α","Β":"β","Γ":"γ","Δ":"δ","Ε":"ε",
"Ζ":"ζ","Η":"η","Θ":"θ","Ι":"ι","Κ":"κ","Λ":"λ","Μ":"μ","Ν":"ν","Ξ":"ξ","Ο":"ο","Π":"π","Ρ":"ρ","Σ":"σ","ς":"σ",
"Τ":"τ","Υ":"υ","Φ":"φ","Χ":"χ","Ψ":"ψ","Ω":"ω","Ϗ":"ϗ","Ϙ":"ϙ","Ϛ":"ϛ","Ϝ":"ϝ","Ϟ":"ϟ","Ϡ":"ϡ","Ϣ":"ϣ","Ϥ":"ϥ",
"Ϧ":"ϧ","Ϩ":"ϩ","Ϫ":"ϫ","Ϭ":"ϭ","Ϯ":"ϯ","Ϸ":"ϸ","Ϻ":"ϻ","Ͻ":"ͻ","Ͼ":"ͼ","Ͽ":"ͽ","Ђ":"ђ","Є":"є","Ѕ":"ѕ","І":"і",
"Ј":"ј","Љ":"љ","Њ":"њ","Ћ":"ћ","Џ":"џ","А":"а","Б":"б","В":"в","ᲀ":"в","Г":"г","Д":"д","ᲁ":"д","Е":"е","Ж":"ж",
"З":"з","И":"и","К":"к","Л":"л","М":"м","Н":"н","О":"о","ᲂ":"о","П":"п","Р":"р","С":"с","ᲃ":"с","Т":"т","ᲄ":"т",
"ᲅ":"т","У":"у","Ф":"ф","Х":"х","Ц":"ц","Ч":"ч","Ш":"ш","Щ":"щ","Ъ":"ъ","ᲆ":"ъ","Ы":"ы","Ь":"ь","Э":"э","Ю":"ю",
"Я":"я","Ѡ":"ѡ","Ѣ":"ѣ","ᲇ":"ѣ","Ѥ":"ѥ","Ѧ":"ѧ","Ѩ":"ѩ","Ѫ":"ѫ","Ѭ":"ѭ","Ѯ":"ѯ","Ѱ":"ѱ","Ѳ":"ѳ","Ѵ":"ѵ","Ѹ":"ѹ",
"Ѻ":"ѻ","Ѽ":"ѽ","Ѿ":"ѿ","Ҁ":"ҁ","Ҋ":"ҋ","Ҍ":"ҍ","Ҏ":"ҏ","Ґ":"ґ","Ғ":"ғ","Ҕ":"ҕ","Җ":"җ","Ҙ":"ҙ","Қ":"қ","Ҝ":"ҝ",
"Ҟ":"ҟ","Ҡ":"ҡ","Ң":"ң","Ҥ":"ҥ","Ҧ":"ҧ","Ҩ":"ҩ","Ҫ":"ҫ","Ҭ":"ҭ","Ү":"ү","Ұ":"ұ","Ҳ":"ҳ","Ҵ":"ҵ","Ҷ":"ҷ","Ҹ":"ҹ",
"Һ":"һ","Ҽ":"ҽ","Ҿ":"ҿ","Ӏ":"ӏ","Ӄ":"ӄ","Ӆ":"ӆ","Ӈ":"ӈ","Ӊ":"ӊ","Ӌ":"ӌ","Ӎ":"ӎ","Ӕ":"ӕ","Ә":"ә","Ӡ":"ӡ","Ө":"ө",
"Ӷ":"ӷ","Ӻ":"ӻ","Ӽ":"ӽ","Ӿ":"ӿ","Ԁ":"ԁ","Ԃ":"ԃ","Ԅ":"ԅ","Ԇ":"ԇ","Ԉ":"ԉ","Ԋ":"ԋ","Ԍ":"ԍ","Ԏ":"ԏ","Ԑ":"ԑ","Ԓ":"ԓ",
"Ԕ":"ԕ","Ԗ":"ԗ","Ԙ":"ԙ","Ԛ":"ԛ","Ԝ":"ԝ","Ԟ":"ԟ","Ԡ":"ԡ","Ԣ":"ԣ","Ԥ":"ԥ","Ԧ":"ԧ","Ԩ":"ԩ","Ԫ":"ԫ","Ԭ":"ԭ","Ԯ":"ԯ",
"Ա":"ա","Բ":"բ","Գ":"գ","Դ":"դ","Ե":"ե","Զ":"զ","Է":"է","Ը":"ը","Թ":"թ","Ժ":"ժ","Ի":"ի","Լ":"լ","Խ":"խ","Ծ":"ծ",
"Կ":"կ","Հ":"հ","Ձ":"ձ","Ղ":"ղ","Ճ":"ճ","Մ":"մ","Յ":"յ","Ն":"ն","Շ":"շ","Ո":"ո","Չ":"չ","Պ":"պ","Ջ":"ջ","Ռ":"ռ",
"Ս":"ս","Վ":"վ","Տ":"տ","Ր":"ր","Ց":"ց","Ւ":"ւ","Փ":"փ","Ք":"ք","Օ":"օ","Ֆ":"ֆ","Ⴀ":"ⴀ","Ⴁ":"ⴁ","Ⴂ":"ⴂ","Ⴃ":"ⴃ",
"Ⴄ":"ⴄ","Ⴅ":"ⴅ","Ⴆ":"ⴆ","Ⴇ":"ⴇ","Ⴈ":"ⴈ","Ⴉ":"ⴉ","Ⴊ":"ⴊ","Ⴋ":"ⴋ","Ⴌ":"ⴌ","Ⴍ":"ⴍ","Ⴎ":"ⴎ","Ⴏ":"ⴏ","Ⴐ":"ⴐ","Ⴑ":"ⴑ",
"Ⴒ":"ⴒ","Ⴓ":"ⴓ","Ⴔ":"ⴔ","Ⴕ":"ⴕ","Ⴖ":"ⴖ","Ⴗ":"ⴗ","Ⴘ":"ⴘ","Ⴙ":"ⴙ","Ⴚ":"ⴚ","Ⴛ":"ⴛ","Ⴜ":"ⴜ","Ⴝ":"ⴝ","Ⴞ":"ⴞ","Ⴟ":"ⴟ",
"Ⴠ":"ⴠ","Ⴡ":"ⴡ","Ⴢ":"ⴢ","Ⴣ":"ⴣ","Ⴤ":"ⴤ","Ⴥ":"ⴥ","Ⴧ":"ⴧ","Ⴭ":"ⴭ","Ꭰ":"ꭰ","Ꭱ":"ꭱ","Ꭲ":"ꭲ","Ꭳ":"ꭳ","Ꭴ":"ꭴ","Ꭵ":"ꭵ",
"Ꭶ":"ꭶ","Ꭷ":"ꭷ","Ꭸ":"ꭸ","Ꭹ":"ꭹ","Ꭺ":"ꭺ","Ꭻ":"ꭻ","Ꭼ":"ꭼ","Ꭽ":"ꭽ","Ꭾ":"ꭾ","Ꭿ":"ꭿ","Ꮀ":"ꮀ","Ꮁ":"ꮁ","Ꮂ":"ꮂ","Ꮃ":"ꮃ",
"Ꮄ":"ꮄ","Ꮅ":"ꮅ","Ꮆ":"ꮆ","Ꮇ":"ꮇ","Ꮈ":"ꮈ","Ꮉ":"ꮉ","Ꮊ":"ꮊ","Ꮋ":"ꮋ","Ꮌ":"ꮌ","Ꮍ":"ꮍ","Ꮎ":"ꮎ","Ꮏ":"ꮏ","Ꮐ":"ꮐ","Ꮑ":"ꮑ",
"Ꮒ":"ꮒ","Ꮓ":"ꮓ","Ꮔ":"ꮔ","Ꮕ":"ꮕ","Ꮖ":"ꮖ","Ꮗ":"ꮗ","Ꮘ":"ꮘ","Ꮙ":"ꮙ","Ꮚ":"ꮚ","Ꮛ":"ꮛ","Ꮜ":"ꮜ","Ꮝ":"ꮝ","Ꮞ":"ꮞ","Ꮟ":"ꮟ",
"Ꮠ":"ꮠ","Ꮡ":"ꮡ","Ꮢ":"ꮢ","Ꮣ":"ꮣ","Ꮤ":"ꮤ","Ꮥ":"ꮥ","Ꮦ":"ꮦ","Ꮧ":"ꮧ","Ꮨ":"ꮨ","Ꮩ":"ꮩ","Ꮪ":"ꮪ","Ꮫ":"ꮫ","Ꮬ":"ꮬ","Ꮭ":"ꮭ",
"Ꮮ":"ꮮ","Ꮯ":"ꮯ","Ꮰ":"ꮰ","Ꮱ":"ꮱ","Ꮲ":"ꮲ","Ꮳ":"ꮳ","Ꮴ":"ꮴ","Ꮵ":"ꮵ","Ꮶ":"ꮶ","Ꮷ":"ꮷ","Ꮸ":"ꮸ","Ꮹ":"ꮹ","Ꮺ":"ꮺ","Ꮻ":"ꮻ",
"Ꮼ":"ꮼ","Ꮽ":"ꮽ","Ꮾ":"ꮾ","Ꮿ":"ꮿ","Ᏸ":"ᏸ","Ᏹ":"ᏹ","Ᏺ":"ᏺ","Ᏻ":"ᏻ","Ᏼ":"ᏼ","Ᏽ":"ᏽ","ᲈ":"ꙋ","Ꙋ":"ꙋ","Ᲊ":"ᲊ","Ა":"ა",
"Ბ":"ბ","Გ":"გ","Დ":"დ","Ე":"ე","Ვ":"ვ","Ზ":"ზ","Თ":"თ","Ი":"ი","Კ":"კ","Ლ":"ლ","Მ":"მ","Ნ":"ნ","Ო":"ო","Პ":"პ",
"Ჟ":"ჟ","Რ":"რ","Ს":"ს","Ტ":"ტ","Უ":"უ","Ფ":"ფ","Ქ":"ქ","Ღ":"ღ","Ყ":"ყ","Შ":"შ","Ჩ":"ჩ","Ც":"ც","Ძ":"ძ","Წ":"წ",
"Ჭ":"ჭ","Ხ":"ხ","Ჯ":"ჯ","Ჰ":"ჰ","Ჱ":"ჱ","Ჲ":"ჲ","Ჳ":"ჳ","Ჴ":"ჴ","Ჵ":"ჵ","Ჶ":"ჶ","Ჷ":"ჷ","Ჸ":"ჸ","Ჹ":"ჹ","Ჺ":"ჺ",
"Ჽ":"ჽ","Ჾ":"ჾ","Ჿ":"ჿ","ᵫ":"ue","Ꞟ":"ue","ꞟ":"ue","Ỻ":"ll","ỻ":"ll","Ꞁ":"ll","ꞁ":"ll","Ⰰ":"ⰰ","Ⰱ":"ⰱ","Ⰲ":"ⰲ",
"Ⰳ":"ⰳ","Ⰴ":"ⰴ","Ⰵ":"ⰵ","Ⰶ":"ⰶ","Ⰷ":"ⰷ","Ⰸ":"ⰸ","Ⰹ":"ⰹ","Ⰺ":"ⰺ","Ⰻ":"ⰻ","Ⰼ":"ⰼ","Ⰽ":"ⰽ","Ⰾ":"ⰾ","Ⰿ":"ⰿ","Ⱀ":"ⱀ",
"Ⱁ":"ⱁ","Ⱂ":"ⱂ","Ⱃ":"ⱃ","Ⱄ":"ⱄ","Ⱅ":"ⱅ","Ⱆ":"ⱆ","Ⱇ":"ⱇ","Ⱈ":"ⱈ","Ⱉ":"ⱉ","Ⱊ":"ⱊ","Ⱋ":"ⱋ","Ⱌ":"ⱌ","Ⱍ":"ⱍ","Ⱎ":"ⱎ",
"Ⱏ":"ⱏ","Ⱐ":"ⱐ","Ⱑ":"ⱑ","Ⱒ":"ⱒ","Ⱓ":"ⱓ","Ⱔ":"ⱔ","Ⱕ":"ⱕ","Ⱖ":"ⱖ","Ⱗ":"ⱗ","Ⱘ":"ⱘ","Ⱙ":"ⱙ","Ⱚ":"ⱚ","Ⱛ":"ⱛ","Ⱜ":"ⱜ",
"Ⱝ":"ⱝ","Ⱞ":"ⱞ","Ⱟ":"ⱟ","Ⲁ":"ⲁ","Ⲃ":"ⲃ","Ⲅ":"ⲅ","Ⲇ":"ⲇ","Ⲉ":"ⲉ","Ⲋ":"ⲋ","Ⲍ":"ⲍ","Ⲏ":"ⲏ","Ⲑ":"ⲑ","Ⲓ":"ⲓ","Ⲕ":"ⲕ",
"Ⲗ":"ⲗ","Ⲙ":"ⲙ","Ⲛ":"ⲛ","Ⲝ":"ⲝ","Ⲟ":"ⲟ","Ⲡ":"ⲡ","Ⲣ":"ⲣ","Ⲥ":"ⲥ","Ⲧ":"ⲧ","Ⲩ":"ⲩ","Ⲫ":"ⲫ","Ⲭ":"ⲭ","Ⲯ":"ⲯ","Ⲱ":"ⲱ",
"Ⲳ":"ⲳ","Ⲵ":"ⲵ","Ⲷ":"ⲷ","Ⲹ":"ⲹ","Ⲻ":"ⲻ","Ⲽ":"ⲽ","Ⲿ":"ⲿ","Ⳁ":"ⳁ","Ⳃ":"ⳃ","Ⳅ":"ⳅ","Ⳇ":"ⳇ","Ⳉ":"ⳉ","Ⳋ":"ⳋ","Ⳍ":"ⳍ",
"Ⳏ":"ⳏ","Ⳑ":"ⳑ","Ⳓ":"ⳓ","Ⳕ":"ⳕ","Ⳗ":"ⳗ","Ⳙ":"ⳙ","Ⳛ":"ⳛ","Ⳝ":"ⳝ","Ⳟ":"ⳟ","Ⳡ":"ⳡ","Ⳣ":"ⳣ","Ⳬ":"ⳬ","Ⳮ":"ⳮ","Ⳳ":"ⳳ",
"〼":"masu","Ꙁ":"ꙁ","Ꙃ":"ꙃ","Ꙅ":"ꙅ","Ꙇ":"ꙇ","Ꙉ":"ꙉ","Ꙍ":"ꙍ","Ꙏ":"ꙏ","Ꙑ":"ꙑ","Ꙓ":"ꙓ","Ꙕ":"ꙕ","Ꙗ":"ꙗ","Ꙙ":"ꙙ","Ꙛ":"ꙛ",
"Ꙝ":"ꙝ","Ꙟ":"ꙟ","Ꙡ":"ꙡ","Ꙣ":"ꙣ","Ꙥ":"ꙥ","Ꙧ":"ꙧ","Ꙩ":"ꙩ","Ꙫ":"ꙫ","Ꙭ":"ꙭ","Ꚁ":"ꚁ","Ꚃ":"ꚃ","Ꚅ":"ꚅ","Ꚇ":"ꚇ","Ꚉ":"ꚉ",
"Ꚋ":"ꚋ","Ꚍ":"ꚍ","Ꚏ":"ꚏ","Ꚑ":"ꚑ","Ꚓ":"ꚓ","Ꚕ":"ꚕ","Ꚗ":"ꚗ","Ꚙ":"ꚙ","Ꚛ":"ꚛ","Ꜩ":"tz","ꜩ":"tz","Ꜫ":"3","ꜫ":"3","Ꜭ":"4",
"ꜭ":"4","Ꜯ":"4","ꜯ":"4","Ꜳ":"aa","ꜳ":"aa","𐞀":"aa","Ꜵ":"ao","ꜵ":"ao","Ꜷ":"au","ꜷ":"au","Ꜹ":"av","ꜹ":"av","Ꜻ":"av",
"ꜻ":"av","Ꜽ":"ay","ꜽ":"ay","Ꝏ":"oo","ꝏ":"oo","ꭃ":"oo","ꭄ":"oo","Ꝡ":"vy","ꝡ":"vy","꟒":"thth","ꟓ":"thth","ꭈ":"rr",
"ꭊ":"rr","ꭐ":"ui","ꭑ":"ui","ꭠ":"ia","ꭡ":"ie","ꭣ":"uo","𐐀":"𐐨","𐐁":"𐐩","𐐂":"𐐪","𐐃":"𐐫","𐐄":"𐐬","𐐅":"𐐭",
"𐐆":"𐐮","𐐇":"𐐯","𐐈":"𐐰","𐐉":"𐐱","𐐊":"𐐲","𐐋":"𐐳","𐐌":"𐐴","𐐍":"𐐵","𐐎":"𐐶","𐐏":"𐐷","𐐐":"𐐸",
"𐐑":"𐐹","𐐒":"𐐺","𐐓":"𐐻","𐐔":"𐐼","𐐕":"𐐽","𐐖":"𐐾","𐐗":"𐐿","𐐘":"𐑀","𐐙":"𐑁","𐐚":"𐑂","𐐛":"𐑃",
"𐐜":"𐑄","𐐝":"𐑅","𐐞":"𐑆","𐐟":"𐑇","𐐠":"𐑈","𐐡":"𐑉","𐐢":"𐑊","𐐣":"𐑋","𐐤":"𐑌","𐐥":"𐑍","𐐦":"𐑎",
"𐐧":"𐑏","𐒰":"𐓘","𐒱":"𐓙","𐒲":"𐓚","𐒳":"𐓛","𐒴":"𐓜","𐒵":"𐓝","𐒶":"𐓞","𐒷":"𐓟","𐒸":"𐓠","𐒹":"𐓡",
"𐒺":"𐓢","𐒻":"𐓣","𐒼":"𐓤","𐒽":"𐓥","𐒾":"𐓦","𐒿":"𐓧","𐓀":"𐓨","𐓁":"𐓩","𐓂":"𐓪","𐓃":"𐓫","𐓄":"𐓬",
"𐓅":"𐓭","𐓆":"𐓮","𐓇":"𐓯","𐓈":"𐓰","𐓉":"𐓱","𐓊":"𐓲","𐓋":"𐓳","𐓌":"𐓴","𐓍":"𐓵","𐓎":"𐓶","𐓏":"𐓷",
"𐓐":"𐓸","𐓑":"𐓹","𐓒":"𐓺","𐓓":"𐓻","𐕰":"𐖗","𐕱":"𐖘","𐕲":"𐖙","𐕳":"𐖚","𐕴":"𐖛","𐕵":"𐖜","𐕶":"𐖝",
"𐕷":"𐖞","𐕸":"𐖟","𐕹":"𐖠","𐕺":"𐖡","𐕼":"𐖣","𐕽":"𐖤","𐕾":"𐖥","𐕿":"𐖦","𐖀":"𐖧","𐖁":"𐖨","𐖂":"𐖩",
"𐖃":"𐖪","𐖄":"𐖫","𐖅":"𐖬","𐖆":"𐖭","𐖇":"𐖮","𐖈":"𐖯","𐖉":"𐖰","𐖊":"𐖱","𐖌":"𐖳","𐖍":"𐖴","𐖎":"𐖵",
"𐖏":"𐖶","𐖐":"𐖷","𐖑":"𐖸","𐖒":"𐖹","𐖔":"𐖻","𐖕":"𐖼","𐲀":"𐳀","𐲁":"𐳁","𐲂":"𐳂","𐲃":"𐳃","𐲄":"𐳄",
"𐲅":"𐳅","𐲆":"𐳆","𐲇":"𐳇","𐲈":"𐳈","𐲉":"𐳉","𐲊":"𐳊","𐲋":"𐳋","𐲌":"𐳌","𐲍":"𐳍","𐲎":"𐳎","𐲏":"𐳏",
"𐲐":"𐳐","𐲑":"𐳑","𐲒":"𐳒","𐲓":"𐳓","𐲔":"𐳔","𐲕":"𐳕","𐲖":"𐳖","𐲗":"𐳗","𐲘":"𐳘","𐲙":"𐳙","𐲚":"𐳚",
"𐲛":"𐳛","𐲜":"𐳜","𐲝":"𐳝","𐲞":"𐳞","𐲟":"𐳟","𐲠":"𐳠","𐲡":"𐳡","𐲢":"𐳢","𐲣":"𐳣","𐲤":"𐳤","𐲥":"𐳥",
"𐲦":"𐳦","𐲧":"𐳧","𐲨":"𐳨","𐲩":"𐳩","𐲪":"𐳪","𐲫":"𐳫","𐲬":"𐳬","𐲭":"𐳭","𐲮":"𐳮","𐲯":"𐳯","𐲰":"𐳰",
"𐲱":"𐳱","𐲲":"𐳲","𐵐":"𐵰","𐵑":"𐵱","𐵒":"𐵲","𐵓":"𐵳","𐵔":"𐵴","𐵕":"𐵵","𐵖":"𐵶","𐵗":"𐵷","𐵘":"𐵸",
"𐵙":"𐵹","𐵚":"𐵺","𐵛":"𐵻","𐵜":"𐵼","𐵝":"𐵽","𐵞":"𐵾","𐵟":"𐵿","𐵠":"𐶀","𐵡":"𐶁","𐵢":"𐶂","𐵣":"𐶃",
"𐵤":"𐶄","𐵥":"𐶅","𑢠":"𑣀","𑢡":"𑣁","𑢢":"𑣂","𑢣":"𑣃","𑢤":"𑣄","𑢥":"𑣅","𑢦":"𑣆","𑢧":"𑣇","𑢨":"𑣈",
"𑢩":"𑣉","𑢪":"𑣊","𑢫":"𑣋","𑢬":"𑣌","𑢭":"𑣍","𑢮":"𑣎","𑢯":"𑣏","𑢰":"𑣐","𑢱":"𑣑","𑢲":"𑣒","𑢳":"𑣓",
"𑢴":"𑣔","𑢵":"𑣕","𑢶":"𑣖","𑢷":"𑣗","𑢸":"𑣘","𑢹":"𑣙","𑢺":"𑣚","𑢻":"𑣛","𑢼":"𑣜","𑢽":"𑣝","𑢾":"𑣞",
"𑢿":"𑣟","𖹀":"𖹠","𖹁":"𖹡","𖹂":"𖹢","𖹃":"𖹣","𖹄":"𖹤","𖹅":"𖹥","𖹆":"𖹦","𖹇":"𖹧","𖹈":"𖹨","𖹉":"𖹩",
"𖹊":"𖹪","𖹋":"𖹫","𖹌":"𖹬","𖹍":"𖹭","𖹎":"𖹮","𖹏":"𖹯","𖹐":"𖹰","𖹑":"𖹱","𖹒":"𖹲","𖹓":"𖹳","𖹔":"𖹴",
"𖹕":"𖹵","𖹖":"𖹶","𖹗":"𖹷","𖹘":"𖹸","𖹙":"𖹹","𖹚":"𖹺","𖹛":"𖹻","𖹜":"𖹼","𖹝":"𖹽","𖹞":"𖹾","𖹟":"𖹿",
"𖺠":"𖺻","𖺡":"𖺼","𖺢":"𖺽","𖺣":"𖺾","𖺤":"𖺿","𖺥":"𖻀","𖺦":"𖻁","𖺧":"𖻂","𖺨":"𖻃","𖺩":"𖻄","𖺪":"𖻅",
"𖺫":"𖻆","𖺬":"𖻇","𖺭":"𖻈","𖺮":"𖻉","𖺯":"𖻊","𖺰":"𖻋","𖺱":"𖻌","𖺲":"𖻍","𖺳":"𖻎","𖺴":"𖻏","𖺵":"𖻐",
"𖺶":"𖻑","𖺷":"𖻒","𖺸":"𖻓","𞤀":"𞤢","𞤁":"𞤣","𞤂":"𞤤","𞤃":"𞤥","𞤄":"𞤦","𞤅":"𞤧","𞤆":"𞤨","𞤇":"𞤩",
"𞤈":"𞤪","𞤉":"𞤫","𞤊":"𞤬","𞤋":"𞤭","𞤌":"𞤮","𞤍":"𞤯","𞤎":"𞤰","𞤏":"𞤱","𞤐":"𞤲","𞤑":"𞤳","𞤒":"𞤴",
"𞤓":"𞤵","𞤔":"𞤶","𞤕":"𞤷","𞤖":"𞤸","𞤗":"𞤹","𞤘":"𞤺","𞤙":"𞤻","𞤚":"𞤼","𞤛":"𞤽","𞤜":"𞤾","𞤝":"𞤿",
"𞤞":"𞥀","𞤟":"𞥁","𞤠":"𞥂","𞤡":"𞥃"}'::jsonb ->> letter, lower(letter collate "C")), '' order by place), '')
      from regexp_split_to_table(plain, '') with ordinality one (letter, place));
end
$function$;

CREATE OR REPLACE FUNCTION public.search_starts(folded text)
 RETURNS SETOF text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
 SELECT DISTINCT "left"(replace(substr(unified.unified, at.at, 400), ' '::text, ''::text), 40) AS "left"
    FROM translate(search_starts.folded, ((((((('ァアィイゥウェエォオカキクケコサシスセソタチッツテトナニヌネノハヒフヘホマミムメモャヤ'::text || 'ュユョヨラリルレロヮワヰヱヲンヵヶヽ'::text) || 'ךםןףץکیىةہٱ'::text) || '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯'::text) || '੦੧੨੩੪੫੬੭੮੯૦૧૨૩૪૫૬૭૮૯୦୧୨୩୪୫୬୭୮୯௦௧௨௩௪௫௬௭௮௯'::text) || '౦౧౨౩౪౫౬౭౮౯೦೧೨೩೪೫೬೭೮೯൦൧൨൩൪൫൬൭൮൯๐๑๒๓๔๕๖๗๘๙'::text) || '໐໑໒໓໔໕໖໗໘໙༠༡༢༣༤༥༦༧༨༩၀၁၂၃၄၅၆၇၈၉០១២៣៤៥៦៧៨៩'::text) || '᠐᠑᠒᠓᠔᠕᠖᠗᠘᠙'::text), ((((((('ぁあぃいぅうぇえぉおかきくけこさしすせそたちっつてとなにぬねのはひふへほまみむめもゃや'::text || 'ゅゆょよらりるれろゎわゐゑをんゕゖゝ'::text) || 'כמנפצكييهها'::text) || '0123456789012345678901234567890123456789'::text) || '0123456789012345678901234567890123456789'::text) || '0123456789012345678901234567890123456789'::text) || '0123456789012345678901234567890123456789'::text) || '0123456789'::text)) unified(unified),
     LATERAL generate_series(1, LEAST(length(unified.unified), 400)) at(at)
   WHERE ((substr(unified.unified, at.at, 1) <> ' '::text) AND ((at.at = 1) OR (substr(unified.unified, (at.at - 1), 1) = ' '::text) OR (substr(unified.unified, at.at, 1) ~ '[\u0e00-\u0fff\u1000-\u109f\u1100-\u115f\u1780-\u17ff\u2e80-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\U00020000-\U0003ffff]'::text)));
END;

CREATE OR REPLACE FUNCTION public.slug_skeleton(slug text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select replace(replace(translate(slug, '01i-', 'oll'), 'rn', 'm'), 'vv', 'w') $function$;
-- callers: whoot_platform

CREATE OR REPLACE FUNCTION public.take_document_number(instant timestamp with time zone, OUT number integer, OUT prefix text, OUT issued_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update public.billing_series series set last = series.last + 1, last_at = greatest(series.last_at, instant)
    from public.billing_accounts account
    where account.tenant_id = public.current_tenant_id() and series.prefix = account.series_prefix
    returning series.last, series.prefix, series.last_at into number, prefix, issued_at;
  if number is null then raise exception 'the tenant has no series of document numbers'; end if;
end
$function$;
-- callers: whoot_app

CREATE OR REPLACE FUNCTION public.take_trial(most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  tenant uuid := public.current_tenant_id();
  owner uuid;
  is_older boolean;
begin
  if exists (select from public.billing_accounts where tenant_id = tenant and trial_refused_at is not null) then return false; end if;
  select member.account_id, workspace.created_at < (select min(valid_from) from public.billing_catalogues) into owner, is_older
    from public.tenants workspace
    join public.members member on member.tenant_id = workspace.tenant_id and member.member_id = workspace.owner_member_id
    where workspace.tenant_id = tenant;
  if owner is null then raise exception 'no tenant is entered'; end if;
  -- Workspaces that are made at once are counted one after the other.
  perform pg_advisory_xact_lock(hashtextextended('trial ' || owner, 0));
  delete from public.billing_trials where account_id = owner and began_at < now() - interval '90 days';
  if not is_older and (select count(*) from public.billing_trials where account_id = owner) >= most then
    update public.billing_accounts set trial_refused_at = now() where tenant_id = tenant;
    return false;
  end if;
  insert into public.billing_trials (account_id) values (owner);
  return true;
end
$function$;
-- callers: whoot_app

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
  password_hash text,
  created_at timestamp with time zone not null default now(),
  device_epoch integer not null default 1,
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

create table billed_periods (
  tenant_id uuid not null,
  subscription_id uuid not null,
  from_at timestamp(0) with time zone not null,
  to_at timestamp(0) with time zone not null,
  constraint billed_periods_check CHECK ((to_at > from_at)),
  constraint billed_periods_pkey PRIMARY KEY (tenant_id, subscription_id, from_at),
  constraint billed_periods_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint billed_periods_tenant_id_subscription_id_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions(tenant_id, subscription_id)
);
alter table billed_periods enable row level security;
alter table billed_periods force row level security;
create policy tenant_isolation on billed_periods for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on billed_periods to whoot_app;
grant delete, select on billed_periods to whoot_platform;

create table billing_accounts (
  tenant_id uuid not null,
  series_prefix text not null,
  company text,
  address jsonb,
  country text,
  tax_id text,
  tax_id_confirmed_at timestamp with time zone,
  purchase_order text,
  recipients text[] not null default '{}'::text[],
  language text not null default 'en'::text,
  put_off_for uuid,
  put_off_until timestamp(0) with time zone,
  halted text,
  trial_told_at timestamp(0) with time zone,
  trial_refused_at timestamp with time zone,
  constraint billing_accounts_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint billing_accounts_pkey PRIMARY KEY (tenant_id),
  constraint billing_accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint billing_accounts_tenant_id_put_off_for_fkey FOREIGN KEY (tenant_id, put_off_for) REFERENCES invoices(tenant_id, invoice_id)
);
alter table billing_accounts enable row level security;
alter table billing_accounts force row level security;
create policy tenant_isolation on billing_accounts for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant select on billing_accounts to whoot_app;
grant delete, select on billing_accounts to whoot_platform;

create table billing_catalogues (
  version integer not null,
  valid_from timestamp(0) with time zone not null,
  content jsonb not null,
  sha256 bytea not null,
  sample boolean not null default false,
  constraint billing_catalogues_pkey PRIMARY KEY (version),
  constraint billing_catalogues_version_check CHECK ((version > 0))
);
grant insert, select on billing_catalogues to whoot_platform;

create table billing_lines (
  tenant_id uuid not null,
  subscription_id uuid not null,
  number integer not null,
  kind text not null,
  item text not null,
  quantity bigint not null,
  unit_price bigint not null,
  from_at timestamp(0) with time zone not null,
  to_at timestamp(0) with time zone not null,
  amount bigint not null,
  tax_category text not null,
  tax_rate integer not null,
  tax_reason text,
  credits integer,
  pending boolean not null,
  invoice_id uuid,
  plan text,
  catalogue_version integer,
  constraint billing_lines_amount_check CHECK ((amount >= 0)),
  constraint billing_lines_check CHECK ((to_at > from_at)),
  constraint billing_lines_check1 CHECK (((kind = 'credit'::text) = (credits IS NOT NULL))),
  constraint billing_lines_check2 CHECK ((NOT (pending AND (invoice_id IS NOT NULL)))),
  constraint billing_lines_kind_check CHECK ((kind = ANY (ARRAY['charge'::text, 'credit'::text]))),
  constraint billing_lines_number_check CHECK ((number > 0)),
  constraint billing_lines_pkey PRIMARY KEY (tenant_id, subscription_id, number),
  constraint billing_lines_quantity_check CHECK ((quantity >= 0)),
  constraint billing_lines_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 1000000))),
  constraint billing_lines_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint billing_lines_tenant_id_invoice_id_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices(tenant_id, invoice_id),
  constraint billing_lines_tenant_id_subscription_id_credits_key UNIQUE (tenant_id, subscription_id, credits),
  constraint billing_lines_tenant_id_subscription_id_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions(tenant_id, subscription_id),
  constraint billing_lines_unit_price_check CHECK ((unit_price >= 0))
);
CREATE INDEX billing_lines_tenant_id_invoice_id_idx ON public.billing_lines USING btree (tenant_id, invoice_id);
alter table billing_lines enable row level security;
alter table billing_lines force row level security;
create policy tenant_isolation on billing_lines for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on billing_lines to whoot_app;
grant delete, select on billing_lines to whoot_platform;

create table billing_quotes (
  tenant_id uuid not null,
  quote_id uuid not null,
  member_id uuid not null,
  kind text not null,
  wanted jsonb not null,
  at timestamp(0) with time zone not null,
  tax jsonb not null,
  subscription_id uuid,
  revision integer,
  catalogue_version integer not null,
  valid_until timestamp(0) with time zone not null,
  constraint billing_quotes_kind_check CHECK ((kind = ANY (ARRAY['subscription'::text, 'licences'::text, 'add_ons'::text]))),
  constraint billing_quotes_pkey PRIMARY KEY (tenant_id, quote_id),
  constraint billing_quotes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint billing_quotes_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE,
  constraint billing_quotes_tenant_id_subscription_id_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions(tenant_id, subscription_id)
);
alter table billing_quotes enable row level security;
alter table billing_quotes force row level security;
create policy tenant_isolation on billing_quotes for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on billing_quotes to whoot_app;
grant delete, select on billing_quotes to whoot_platform;

create table billing_reminders (
  tenant_id uuid not null,
  invoice_id uuid not null,
  day smallint not null,
  sent_at timestamp(0) with time zone not null,
  constraint billing_reminders_pkey PRIMARY KEY (tenant_id, invoice_id, day),
  constraint billing_reminders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint billing_reminders_tenant_id_invoice_id_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices(tenant_id, invoice_id)
);
alter table billing_reminders enable row level security;
alter table billing_reminders force row level security;
create policy tenant_isolation on billing_reminders for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on billing_reminders to whoot_app;
grant delete, select on billing_reminders to whoot_platform;

create table billing_series (
  prefix text not null,
  last integer not null default 0,
  last_at timestamp(0) with time zone not null default '1970-01-01 00:00:00+00'::timestamp with time zone,
  constraint billing_series_last_check CHECK ((last >= 0)),
  constraint billing_series_pkey PRIMARY KEY (prefix),
  constraint billing_series_prefix_check CHECK ((prefix ~ '^[0-9A-Z]{4,12}$'::text))
);
grant insert, select on billing_series to whoot_platform;

create table billing_server (
  only_row boolean not null default true,
  settled_version integer not null default 0,
  ahead bigint not null default 0,
  reconciled_at timestamp(0) with time zone,
  constraint billing_server_ahead_check CHECK (((ahead >= 0) AND (ahead <= '3155760000'::bigint))),
  constraint billing_server_only_row_check CHECK (only_row),
  constraint billing_server_pkey PRIMARY KEY (only_row)
);
grant insert, select on billing_server to whoot_platform;

create table billing_trials (
  account_id uuid not null,
  began_at timestamp with time zone not null default now(),
  trial_id uuid not null default gen_random_uuid(),
  constraint billing_trials_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint billing_trials_pkey PRIMARY KEY (trial_id)
);
CREATE INDEX billing_trials_account_id_idx ON public.billing_trials USING btree (account_id);

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

create table directory_billing (
  tenant_id uuid not null,
  due_at timestamp(0) with time zone not null,
  constraint directory_billing_pkey PRIMARY KEY (tenant_id)
);
CREATE INDEX directory_billing_due_at_tenant_id_idx ON public.directory_billing USING btree (due_at, tenant_id);
grant delete, insert, select on directory_billing to whoot_platform;

create table directory_domains (
  domain text not null,
  tenant_id uuid not null,
  domain_id uuid not null,
  holds boolean not null default false,
  constraint directory_domains_pkey PRIMARY KEY (domain, tenant_id)
);
CREATE UNIQUE INDEX directory_domains_holder ON public.directory_domains USING btree (domain) WHERE holds;
CREATE INDEX directory_domains_tenant_id_idx ON public.directory_domains USING btree (tenant_id);
grant delete, insert, select on directory_domains to whoot_platform;

create table directory_erasures (
  tenant_id uuid not null,
  requested_at timestamp with time zone not null default now(),
  token_hash bytea,
  replay boolean not null default false,
  counts jsonb not null default '{}'::jsonb,
  totals jsonb,
  removing jsonb not null default '[]'::jsonb,
  billing jsonb,
  archived jsonb,
  waits_for text,
  customers text[] not null default '{}'::text[],
  customers_are text,
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

create table directory_invoices (
  number text not null,
  tenant_id uuid not null,
  constraint directory_invoices_pkey PRIMARY KEY (number)
);
CREATE INDEX directory_invoices_tenant_id_idx ON public.directory_invoices USING btree (tenant_id);
alter table directory_invoices enable row level security;
alter table directory_invoices force row level security;
create policy platform_all on directory_invoices for all to whoot_platform using true with check true;
create policy tenant_insert on directory_invoices for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_invoices to whoot_app;
grant delete, insert, select on directory_invoices to whoot_platform;

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

create table directory_mfa_resets (
  account_id uuid not null,
  tenant_id uuid not null,
  token_hash bytea not null,
  asked_at timestamp with time zone not null default now(),
  asked_by uuid not null,
  constraint directory_mfa_resets_account_id_tenant_id_fkey FOREIGN KEY (account_id, tenant_id) REFERENCES directory_memberships(account_id, tenant_id) ON DELETE CASCADE,
  constraint directory_mfa_resets_pkey PRIMARY KEY (account_id, tenant_id),
  constraint directory_mfa_resets_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX directory_mfa_resets_tenant_id_idx ON public.directory_mfa_resets USING btree (tenant_id);
grant delete, select on directory_mfa_resets to whoot_platform;

create table directory_payments (
  provider text not null,
  provider_id text not null,
  tenant_id uuid not null,
  constraint directory_payments_pkey PRIMARY KEY (provider, provider_id)
);
CREATE INDEX directory_payments_tenant_id_idx ON public.directory_payments USING btree (tenant_id);
alter table directory_payments enable row level security;
alter table directory_payments force row level security;
create policy platform_all on directory_payments for all to whoot_platform using true with check true;
create policy tenant_insert on directory_payments for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_payments to whoot_app;
grant delete, insert, select on directory_payments to whoot_platform;

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

create table directory_sso_connections (
  connection_id uuid not null,
  tenant_id uuid not null,
  constraint directory_sso_connections_pkey PRIMARY KEY (connection_id),
  constraint directory_sso_connections_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES sso_connections(tenant_id, connection_id) ON DELETE CASCADE
);
CREATE INDEX directory_sso_connections_tenant_id_idx ON public.directory_sso_connections USING btree (tenant_id);
alter table directory_sso_connections enable row level security;
alter table directory_sso_connections force row level security;
create policy platform_all on directory_sso_connections for all to whoot_platform using true with check true;
create policy tenant_insert on directory_sso_connections for insert to whoot_app with check (tenant_id = current_tenant_id());
grant insert on directory_sso_connections to whoot_app;
grant delete, insert, select on directory_sso_connections to whoot_platform;

create table directory_sso_transactions (
  transaction_id uuid not null,
  tenant_id uuid not null,
  connection_id uuid not null,
  purpose text not null,
  handle_hash bytea not null,
  request_id text,
  browser_hash bytea not null,
  session_id uuid,
  secrets_sealed bytea,
  ticket_hash bytea,
  outcome_sealed bytea,
  answered_at timestamp with time zone,
  finished_at timestamp with time zone,
  started_at timestamp with time zone not null default now(),
  constraint directory_sso_transactions_handle_hash_key UNIQUE (handle_hash),
  constraint directory_sso_transactions_pkey PRIMARY KEY (transaction_id),
  constraint directory_sso_transactions_purpose_check CHECK ((purpose = ANY (ARRAY['sign_in'::text, 'confirm'::text, 'link'::text, 'test'::text]))),
  constraint directory_sso_transactions_request_id_key UNIQUE (request_id),
  constraint directory_sso_transactions_ticket_hash_key UNIQUE (ticket_hash)
);
CREATE INDEX directory_sso_transactions_started_at_idx ON public.directory_sso_transactions USING btree (started_at);
CREATE INDEX directory_sso_transactions_tenant_id_idx ON public.directory_sso_transactions USING btree (tenant_id);
grant delete, insert, select, update on directory_sso_transactions to whoot_platform;

create table directory_tombstones (
  tenant_id uuid not null,
  tombstone jsonb not null,
  constraint directory_tombstones_pkey PRIMARY KEY (tenant_id)
);
grant insert, select, update on directory_tombstones to whoot_platform;

create table domains (
  tenant_id uuid not null,
  domain_id uuid not null,
  domain text not null,
  token text not null,
  state text not null default 'unverified'::text,
  claimed_at timestamp with time zone not null default now(),
  claimed_by_name text not null,
  verified_at timestamp with time zone,
  check_requested_at timestamp with time zone,
  checked_at timestamp with time zone,
  finding jsonb,
  failing_since timestamp with time zone,
  absent_seconds integer not null default 0,
  last_absent_at timestamp with time zone,
  told_day smallint,
  lapsed_at timestamp with time zone,
  waiting_since timestamp with time zone,
  contested_at timestamp with time zone,
  constraint domains_domain_check CHECK (((length(domain) <= 236) AND (domain = lower(domain)))),
  constraint domains_pkey PRIMARY KEY (tenant_id, domain_id),
  constraint domains_state_check CHECK ((state = ANY (ARRAY['unverified'::text, 'verified'::text, 'failing'::text, 'lapsed'::text]))),
  constraint domains_tenant_id_domain_key UNIQUE (tenant_id, domain),
  constraint domains_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
alter table domains enable row level security;
alter table domains force row level security;
create policy tenant_isolation on domains for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on domains to whoot_app;
grant delete, select on domains to whoot_platform;

create table email_changes (
  account_id uuid not null,
  email text not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  constraint email_changes_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint email_changes_email_check CHECK ((email = lower(email))),
  constraint email_changes_pkey PRIMARY KEY (account_id),
  constraint email_changes_token_hash_key UNIQUE (token_hash)
);
grant delete, insert, select, update on email_changes to whoot_platform;

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

create table held_jobs (
  held_job_id uuid not null default gen_random_uuid(),
  held_at timestamp with time zone not null default clock_timestamp(),
  task text not null,
  payload jsonb not null,
  constraint held_jobs_pkey PRIMARY KEY (held_job_id)
);

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

create table invoices (
  tenant_id uuid not null,
  invoice_id uuid not null,
  subscription_id uuid not null,
  number text not null,
  kind text not null,
  issued_at timestamp(0) with time zone not null,
  issued_on text not null,
  due_on text not null,
  currency text not null,
  digits smallint not null,
  net bigint not null,
  tax bigint not null,
  gross bigint not null,
  taxes jsonb not null,
  seller jsonb not null,
  buyer jsonb not null,
  amends text[] not null,
  catalogue_version integer not null,
  sample boolean not null default false,
  constraint invoices_check CHECK (((gross >= 0) AND (gross = (net + tax)))),
  constraint invoices_due_on_check CHECK ((due_on ~ '^\d{4}-\d{2}-\d{2}$'::text)),
  constraint invoices_issued_on_check CHECK ((issued_on ~ '^\d{4}-\d{2}-\d{2}$'::text)),
  constraint invoices_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit note'::text]))),
  constraint invoices_pkey PRIMARY KEY (tenant_id, invoice_id),
  constraint invoices_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint invoices_tenant_id_number_key UNIQUE (tenant_id, number),
  constraint invoices_tenant_id_subscription_id_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions(tenant_id, subscription_id)
);
CREATE INDEX invoices_tenant_id_issued_at_invoice_id_idx ON public.invoices USING btree (tenant_id, issued_at DESC, invoice_id DESC);
alter table invoices enable row level security;
alter table invoices force row level security;
create policy tenant_isolation on invoices for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on invoices to whoot_app;
grant delete, select on invoices to whoot_platform;

create table key_rotations (
  tenant_id uuid not null,
  rotation_id uuid not null,
  old_key text not null,
  started_at timestamp with time zone not null default now(),
  started_by_name text not null,
  total integer,
  done integer not null default 0,
  in_use integer not null default 0,
  unreadable integer not null default 0,
  fault text,
  finished_at timestamp with time zone,
  constraint key_rotations_old_key_check CHECK ((old_key ~ '^[0-9a-f]{16}$'::text)),
  constraint key_rotations_pkey PRIMARY KEY (tenant_id, rotation_id),
  constraint key_rotations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE UNIQUE INDEX key_rotations_under_way ON public.key_rotations USING btree (tenant_id) WHERE (finished_at IS NULL);
alter table key_rotations enable row level security;
alter table key_rotations force row level security;
create policy tenant_isolation on key_rotations for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on key_rotations to whoot_app;
grant delete, select on key_rotations to whoot_platform;

create table ledger_entries (
  tenant_id uuid not null,
  entry_id uuid not null,
  at timestamp(0) with time zone not null,
  debit text not null,
  credit text not null,
  amount bigint not null,
  document_id uuid,
  invoice_id uuid,
  constraint ledger_entries_amount_check CHECK ((amount > 0)),
  constraint ledger_entries_check1 CHECK (((invoice_id IS NOT NULL) = (('receivable'::text = debit) OR ('receivable'::text = credit)))),
  constraint ledger_entries_credit_check CHECK (((credit = ANY (ARRAY['receivable'::text, 'revenue'::text, 'tax'::text, 'balance'::text, 'cash'::text, 'loss'::text])) AND (credit <> debit))),
  constraint ledger_entries_debit_check CHECK ((debit = ANY (ARRAY['receivable'::text, 'revenue'::text, 'tax'::text, 'balance'::text, 'cash'::text, 'loss'::text]))),
  constraint ledger_entries_pkey PRIMARY KEY (tenant_id, entry_id),
  constraint ledger_entries_tenant_id_document_id_fkey FOREIGN KEY (tenant_id, document_id) REFERENCES invoices(tenant_id, invoice_id),
  constraint ledger_entries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint ledger_entries_tenant_id_invoice_id_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices(tenant_id, invoice_id)
);
CREATE INDEX ledger_entries_tenant_id_invoice_id_idx ON public.ledger_entries USING btree (tenant_id, invoice_id);
alter table ledger_entries enable row level security;
alter table ledger_entries force row level security;
create policy tenant_isolation on ledger_entries for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on ledger_entries to whoot_app;
grant delete, select on ledger_entries to whoot_platform;

create table member_sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  member_id uuid not null,
  ip_address text,
  user_agent text,
  started_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  ended_at timestamp with time zone,
  sso_connection_id uuid,
  sso_proved_at timestamp with time zone,
  sso_until timestamp with time zone,
  sso_second_factor boolean not null default false,
  sso_confirmed_at timestamp with time zone,
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
  left_domain text,
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

create table passkeys (
  passkey_id uuid not null,
  account_id uuid not null,
  rp_id text not null,
  credential_id bytea not null,
  public_key bytea not null,
  sign_count bigint not null,
  transports text[] not null,
  name text not null,
  verifies_user boolean not null,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  constraint passkeys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint passkeys_pkey PRIMARY KEY (passkey_id),
  constraint passkeys_rp_id_credential_id_key UNIQUE (rp_id, credential_id)
);
CREATE INDEX passkeys_account_id_idx ON public.passkeys USING btree (account_id);
grant delete, insert, select, update on passkeys to whoot_platform;

create table password_resets (
  token_hash bytea not null,
  account_id uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint password_resets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint password_resets_pkey PRIMARY KEY (token_hash)
);
CREATE INDEX password_resets_account_id_created_at_idx ON public.password_resets USING btree (account_id, created_at);
CREATE INDEX password_resets_created_at_idx ON public.password_resets USING btree (created_at);
grant delete, insert, select, update on password_resets to whoot_platform;

create table payment_accounts (
  tenant_id uuid not null,
  provider text not null,
  customer_key uuid not null,
  customer_id text,
  method_id text,
  brand text,
  last4 text,
  expires text,
  set_up_at timestamp(0) with time zone,
  expiry_told smallint,
  told_of_method text,
  told_failures text[] not null default '{}'::text[],
  told_invoices uuid[] not null default '{}'::uuid[],
  constraint payment_accounts_check CHECK (((method_id IS NULL) OR (customer_id IS NOT NULL))),
  constraint payment_accounts_expires_check CHECK ((expires ~ '^\d{4}-\d{2}$'::text)),
  constraint payment_accounts_last4_check CHECK ((last4 ~ '^\d{4}$'::text)),
  constraint payment_accounts_pkey PRIMARY KEY (tenant_id),
  constraint payment_accounts_provider_check CHECK ((provider = 'stripe'::text)),
  constraint payment_accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
alter table payment_accounts enable row level security;
alter table payment_accounts force row level security;
create policy tenant_isolation on payment_accounts for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on payment_accounts to whoot_app;
grant delete, select on payment_accounts to whoot_platform;

create table payment_attempts (
  tenant_id uuid not null,
  invoice_id uuid not null,
  number smallint not null,
  provider text not null,
  kind text not null,
  state text not null,
  amount bigint not null,
  customer_id text not null,
  method_id text,
  payment_id text,
  page_id text,
  failure text,
  created_at timestamp(0) with time zone not null,
  changed_at timestamp(0) with time zone not null,
  received bigint,
  received_currency text,
  constraint payment_attempts_amount_check CHECK ((amount > 0)),
  constraint payment_attempts_check CHECK (((kind = 'card'::text) = (method_id IS NOT NULL))),
  constraint payment_attempts_check1 CHECK (((received IS NULL) = (received_currency IS NULL))),
  constraint payment_attempts_kind_check CHECK ((kind = ANY (ARRAY['card'::text, 'page'::text]))),
  constraint payment_attempts_number_check CHECK ((number > 0)),
  constraint payment_attempts_pkey PRIMARY KEY (tenant_id, invoice_id, number),
  constraint payment_attempts_provider_check CHECK ((provider = 'stripe'::text)),
  constraint payment_attempts_received_check CHECK ((received > 0)),
  constraint payment_attempts_state_check CHECK ((state = ANY (ARRAY['created'::text, 'processing'::text, 'failed'::text, 'succeeded'::text, 'parked'::text]))),
  constraint payment_attempts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint payment_attempts_tenant_id_invoice_id_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices(tenant_id, invoice_id)
);
alter table payment_attempts enable row level security;
alter table payment_attempts force row level security;
create policy tenant_isolation on payment_attempts for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on payment_attempts to whoot_app;
grant delete, select on payment_attempts to whoot_platform;

create table payment_events (
  provider text not null,
  event_id text not null,
  received_at timestamp(0) with time zone not null default now(),
  constraint payment_events_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_events_received_at_idx ON public.payment_events USING btree (received_at);
grant delete, insert, select on payment_events to whoot_platform;

create table payment_incidents (
  tenant_id uuid not null,
  invoice_id uuid not null,
  incident_id text not null,
  state text not null,
  kind text not null,
  amount bigint not null,
  noted_at timestamp(0) with time zone not null,
  booked bigint not null default 0,
  booked_credit bigint not null default 0,
  booked_loss bigint not null default 0,
  constraint payment_incidents_kind_check CHECK ((kind = ANY (ARRAY['refund'::text, 'dispute'::text]))),
  constraint payment_incidents_pkey PRIMARY KEY (tenant_id, incident_id, state),
  constraint payment_incidents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint payment_incidents_tenant_id_invoice_id_fkey FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices(tenant_id, invoice_id)
);
CREATE INDEX payment_incidents_tenant_id_invoice_id_idx ON public.payment_incidents USING btree (tenant_id, invoice_id);
alter table payment_incidents enable row level security;
alter table payment_incidents force row level security;
create policy tenant_isolation on payment_incidents for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on payment_incidents to whoot_app;
grant delete, select on payment_incidents to whoot_platform;

create table pending_totp_factors (
  account_id uuid not null,
  secret_sealed bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint pending_totp_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint pending_totp_factors_pkey PRIMARY KEY (account_id)
);
grant delete, insert, select, update on pending_totp_factors to whoot_platform;

create table recovery_code_sets (
  account_id uuid not null,
  salt bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint recovery_code_sets_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint recovery_code_sets_pkey PRIMARY KEY (account_id)
);
grant delete, insert, select, update on recovery_code_sets to whoot_platform;

create table recovery_codes (
  account_id uuid not null,
  code_hash bytea not null,
  used_at timestamp with time zone,
  constraint recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES recovery_code_sets(account_id) ON DELETE CASCADE,
  constraint recovery_codes_pkey PRIMARY KEY (account_id, code_hash)
);
grant delete, insert, select, update on recovery_codes to whoot_platform;

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
  signed_in_by text not null default 'password'::text,
  authenticated_at timestamp with time zone not null default now(),
  password_at timestamp with time zone,
  totp_at timestamp with time zone,
  recovery_code_at timestamp with time zone,
  passkey_at timestamp with time zone,
  verified_passkey_at timestamp with time zone,
  ip_address text,
  user_agent text,
  last_ip_address text,
  last_user_agent text,
  sso_tenant_id uuid,
  constraint sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint sessions_check CHECK (((sso_tenant_id IS NOT NULL) = (signed_in_by = 'sso'::text))),
  constraint sessions_pkey PRIMARY KEY (session_id),
  constraint sessions_signed_in_by_check CHECK ((signed_in_by = ANY (ARRAY['password'::text, 'mailed_link'::text, 'passkey'::text, 'sso'::text]))),
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

create table spent_passkey_challenges (
  challenge_hash bytea not null,
  spent_at timestamp with time zone not null default now(),
  constraint spent_passkey_challenges_pkey PRIMARY KEY (challenge_hash)
);
CREATE INDEX spent_passkey_challenges_spent_at_idx ON public.spent_passkey_challenges USING btree (spent_at);
grant delete, insert, select, update on spent_passkey_challenges to whoot_platform;

create table sso_assertions (
  tenant_id uuid not null,
  connection_id uuid not null,
  assertion_hash bytea not null,
  expires_at timestamp with time zone not null,
  constraint sso_assertions_pkey PRIMARY KEY (tenant_id, connection_id, assertion_hash),
  constraint sso_assertions_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES sso_connections(tenant_id, connection_id) ON DELETE CASCADE,
  constraint sso_assertions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
alter table sso_assertions enable row level security;
alter table sso_assertions force row level security;
create policy tenant_isolation on sso_assertions for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on sso_assertions to whoot_app;
grant delete, select on sso_assertions to whoot_platform;

create table sso_connections (
  tenant_id uuid not null,
  connection_id uuid not null,
  name text not null,
  provider text not null,
  protocol text not null,
  enabled boolean not null default false,
  created_at timestamp with time zone not null default now(),
  idp_entity_id text,
  sign_on_url text,
  metadata_url text,
  certificates text[] not null default '{}'::text[],
  takes_encrypted boolean not null default false,
  service_key_sealed bytea,
  service_certificate text,
  issuer text,
  client_id text,
  client_secret_sealed bytea,
  subject_attribute text,
  mapping jsonb not null default '{}'::jsonb,
  group_roles jsonb not null default '[]'::jsonb,
  joining text not null default 'invited'::text,
  default_role_id uuid,
  counts_as_mfa boolean not null default false,
  trusted_by uuid,
  tested_at timestamp with time zone,
  tested_by uuid,
  warned_days smallint,
  metadata_read_at timestamp with time zone,
  metadata_tried_at timestamp with time zone,
  metadata_problem jsonb,
  sign_on_binding text not null default 'redirect'::text,
  constraint sso_connections_joining_check CHECK ((joining = ANY (ARRAY['invited'::text, 'just_in_time'::text]))),
  constraint sso_connections_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint sso_connections_protocol_check CHECK ((protocol = ANY (ARRAY['saml'::text, 'oidc'::text]))),
  constraint sso_connections_sign_on_binding_check CHECK ((sign_on_binding = ANY (ARRAY['redirect'::text, 'post'::text]))),
  constraint sso_connections_tenant_id_default_role_id_fkey FOREIGN KEY (tenant_id, default_role_id) REFERENCES roles(tenant_id, role_id) ON DELETE SET NULL (default_role_id),
  constraint sso_connections_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
alter table sso_connections enable row level security;
alter table sso_connections force row level security;
create policy tenant_isolation on sso_connections for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on sso_connections to whoot_app;
grant delete, select on sso_connections to whoot_platform;

create table sso_identities (
  tenant_id uuid not null,
  connection_id uuid not null,
  subject text not null,
  member_id uuid not null,
  linked_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone not null default now(),
  constraint sso_identities_pkey PRIMARY KEY (tenant_id, connection_id, subject),
  constraint sso_identities_subject_check CHECK ((length(subject) <= 1024)),
  constraint sso_identities_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES sso_connections(tenant_id, connection_id) ON DELETE CASCADE,
  constraint sso_identities_tenant_id_connection_id_member_id_key UNIQUE (tenant_id, connection_id, member_id),
  constraint sso_identities_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint sso_identities_tenant_id_member_id_fkey FOREIGN KEY (tenant_id, member_id) REFERENCES members(tenant_id, member_id) ON DELETE CASCADE
);
alter table sso_identities enable row level security;
alter table sso_identities force row level security;
create policy tenant_isolation on sso_identities for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on sso_identities to whoot_app;
grant delete, select on sso_identities to whoot_platform;

create table subscription_items (
  tenant_id uuid not null,
  subscription_id uuid not null,
  item text not null,
  quantity bigint not null,
  unit_price bigint not null,
  open_line integer,
  constraint subscription_items_pkey PRIMARY KEY (tenant_id, subscription_id, item),
  constraint subscription_items_quantity_check CHECK ((quantity >= 0)),
  constraint subscription_items_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id),
  constraint subscription_items_tenant_id_subscription_id_fkey FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions(tenant_id, subscription_id),
  constraint subscription_items_unit_price_check CHECK ((unit_price >= 0))
);
alter table subscription_items enable row level security;
alter table subscription_items force row level security;
create policy tenant_isolation on subscription_items for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant delete, insert, select on subscription_items to whoot_app;
grant delete, select on subscription_items to whoot_platform;

create table subscriptions (
  tenant_id uuid not null,
  subscription_id uuid not null,
  plan text,
  catalogue_version integer not null,
  currency text not null,
  digits smallint not null,
  billing_interval text not null,
  anchor timestamp(0) with time zone not null,
  period_index integer not null,
  period_from timestamp(0) with time zone not null,
  period_to timestamp(0) with time zone not null,
  cancelled boolean not null,
  ended boolean not null,
  line_count integer not null,
  changed_at timestamp(0) with time zone not null,
  revision integer not null,
  constraint subscriptions_billing_interval_check CHECK ((billing_interval = ANY (ARRAY['month'::text, 'quarter'::text, 'year'::text]))),
  constraint subscriptions_check CHECK ((period_to > period_from)),
  constraint subscriptions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint subscriptions_digits_check CHECK (((digits >= 0) AND (digits <= 4))),
  constraint subscriptions_line_count_check CHECK ((line_count >= 0)),
  constraint subscriptions_period_index_check CHECK ((period_index >= '-1'::integer)),
  constraint subscriptions_pkey PRIMARY KEY (tenant_id, subscription_id),
  constraint subscriptions_revision_check CHECK ((revision > 0)),
  constraint subscriptions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(tenant_id)
);
CREATE UNIQUE INDEX subscriptions_running ON public.subscriptions USING btree (tenant_id) WHERE (NOT ended);
alter table subscriptions enable row level security;
alter table subscriptions force row level security;
create policy tenant_isolation on subscriptions for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant insert, select on subscriptions to whoot_app;
grant delete, select on subscriptions to whoot_platform;

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
  mfa_policy text not null default 'optional'::text,
  session_idle_minutes integer not null default 43200,
  session_absolute_minutes integer not null default 129600,
  sso_policy text not null default 'optional'::text,
  sso_hours integer not null default 12,
  licences integer,
  add_ons text[],
  billing_state text,
  billing_until timestamp(0) with time zone,
  constraint tenants_accent_colour_check CHECK ((accent_colour ~ '^#[0-9a-f]{6}$'::text)),
  constraint tenants_billing_state_check CHECK ((billing_state = ANY (ARRAY['trial'::text, 'free'::text, 'active'::text, 'ending'::text, 'past_due'::text, 'stopped'::text, 'none'::text]))),
  constraint tenants_clock_check CHECK ((clock = ANY (ARRAY['12h'::text, '24h'::text]))),
  constraint tenants_licences_check CHECK (((licences >= 1) AND (licences <= 100000))),
  constraint tenants_mfa_policy_check CHECK ((mfa_policy = ANY (ARRAY['disabled'::text, 'optional'::text, 'enforced'::text]))),
  constraint tenants_owner_is_active_admin FOREIGN KEY (tenant_id, owner_member_id, admin_role_id, owner_status) REFERENCES members(tenant_id, member_id, role_id, status) DEFERRABLE INITIALLY DEFERRED,
  constraint tenants_pkey PRIMARY KEY (tenant_id),
  constraint tenants_session_absolute_minutes_check CHECK (((session_absolute_minutes >= 60) AND (session_absolute_minutes <= 129600))),
  constraint tenants_session_idle_minutes_check CHECK (((session_idle_minutes >= 15) AND (session_idle_minutes <= 43200))),
  constraint tenants_sso_hours_check CHECK (((sso_hours >= 1) AND (sso_hours <= 720))),
  constraint tenants_sso_policy_check CHECK ((sso_policy = ANY (ARRAY['optional'::text, 'required'::text]))),
  constraint tenants_talk_key_mode_check CHECK ((talk_key_mode = ANY (ARRAY['hold'::text, 'latch'::text]))),
  constraint tenants_tenant_id_logo_id_fkey FOREIGN KEY (tenant_id, logo_id) REFERENCES tenant_logos(tenant_id, logo_id) ON DELETE SET NULL (logo_id)
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy platform_read on tenants for select to whoot_platform using true;
create policy tenant_isolation on tenants for all to public using (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid) with check (tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid);
grant select on tenants to whoot_app;
grant delete, insert, select on tenants to whoot_platform;

create table totp_factors (
  account_id uuid not null,
  secret_sealed bytea not null,
  last_step bigint not null,
  enrolled_at timestamp with time zone not null default now(),
  constraint totp_factors_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id) ON DELETE CASCADE,
  constraint totp_factors_pkey PRIMARY KEY (account_id)
);
grant delete, insert, select, update on totp_factors to whoot_platform;

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
