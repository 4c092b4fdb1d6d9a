-- What the portal may ask of schema phi. The functions run as a role that owns nothing else and can only read.

do $$
begin
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

-- Patients of the given hospitals that have a search token. Ids only; without hospitals, nothing.
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
  order by found.hospital_id, found.patient_id
  limit greatest(find_patients.max_rows, 0)
$$;

alter function phi.find_patients(text, bytea, text[], integer) owner to daybook_phi;
revoke create on schema phi from daybook_phi;
revoke all on function phi.find_patients(text, bytea, text[], integer) from public;
grant usage on schema phi to daybook_portal;
grant execute on function phi.find_patients(text, bytea, text[], integer) to daybook_portal;
