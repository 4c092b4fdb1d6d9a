-- What the portal may ask of schema phi. The functions run as a role that owns nothing else and can only read.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_etl') then
    create role daybook_etl nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_phi') then
    create role daybook_phi nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_portal') then
    create role daybook_portal nologin noinherit;
  end if;
end
$$;

grant daybook_phi to current_user;
grant usage, create on schema phi to daybook_phi;
grant select on phi.patients, phi.search_tokens to daybook_phi;

-- Rows of schema phi: the pipeline's are all, the functions' those of the hospitals that the transaction may read
-- (daybook.hospitals, as in the marts). Force holds the tables' owner to it too.
alter table phi.patients enable row level security;
alter table phi.patients force row level security;
alter table phi.search_tokens enable row level security;
alter table phi.search_tokens force row level security;
create policy pipeline on phi.patients to daybook_etl using (true) with check (true);
create policy pipeline on phi.search_tokens to daybook_etl using (true) with check (true);
create policy search on phi.patients for select to daybook_phi
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy search on phi.search_tokens for select to daybook_phi
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));

-- Patients of the given hospitals that have a search token. Ids only; without hospitals, nothing. Hospitals that the
-- transaction may not read are left out, whoever asks for them.
create function phi.find_patients(kind text, token bytea, hospitals text[], max_rows integer)
returns table (hospital_id text, patient_id text)
language sql
stable
security definer
set search_path = ''
as $$
  select distinct found.hospital_id, found.patient_id
  from phi.search_tokens as found
  where found.hospital_id = any (find_patients.hospitals)
    and found.kind = find_patients.kind
    and found.token = find_patients.token
    and found.hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ','))
  order by found.hospital_id, found.patient_id
  limit greatest(find_patients.max_rows, 0)
$$;

-- Patients that have every one of several tokens (each of the kind at its place): cut to max_rows after all have matched.
create function phi.find_patients(kinds text[], tokens bytea[], hospitals text[], max_rows integer)
returns table (hospital_id text, patient_id text)
language sql
stable
security definer
set search_path = ''
as $$
  with wanted as (
    select distinct given.kind, given.token
    from unnest(find_patients.kinds, find_patients.tokens) as given (kind, token)
  )
  select matched.hospital_id, matched.patient_id
  from (
    select distinct found.hospital_id, found.patient_id, wanted.kind, wanted.token
    from wanted
    join phi.search_tokens as found on found.kind = wanted.kind and found.token = wanted.token
    where found.hospital_id = any (find_patients.hospitals)
      and found.hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ','))
  ) as matched
  group by matched.hospital_id, matched.patient_id
  having count(*) = (select count(*) from wanted)
  order by matched.hospital_id, matched.patient_id
  limit greatest(find_patients.max_rows, 0)
$$;

alter function phi.find_patients(text, bytea, text[], integer) owner to daybook_phi;
alter function phi.find_patients(text[], bytea[], text[], integer) owner to daybook_phi;
revoke create on schema phi from daybook_phi;
revoke all on function phi.find_patients(text, bytea, text[], integer) from public;
revoke all on function phi.find_patients(text[], bytea[], text[], integer) from public;
grant usage on schema phi to daybook_portal;
grant execute on function phi.find_patients(text, bytea, text[], integer) to daybook_portal;
grant execute on function phi.find_patients(text[], bytea[], text[], integer) to daybook_portal;
