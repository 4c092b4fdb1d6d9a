-- Contact details of patients are revealed in two committed steps. The first records who wants whose and why; the second reads,
-- by the number of the first, and refuses in the transaction that recorded it: a rollback would take the record along.
create table portal.contact_reveals (
  reveal_id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id),
  hospital_id text collate "C" not null,
  patient_id text collate "C" not null,
  reason text not null check (reason ~ '^[a-z_]+$'),
  reference text check (reference ~ '^[A-Za-z0-9._/-]{1,40}$'),
  requested_at timestamptz not null default clock_timestamp(),
  requested_in xid8 not null default pg_current_xact_id(),
  revealed_at timestamptz
);
comment on column portal.contact_reveals.requested_in is 'The transaction that recorded it: in it nothing is revealed.';
create index contact_reveals_patient on portal.contact_reveals (hospital_id, patient_id, requested_at desc);
create index contact_reveals_user on portal.contact_reveals (user_id, requested_at desc);

alter table portal.contact_reveals enable row level security;
create policy hospital_of_portal on portal.contact_reveals to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy reveal on portal.contact_reveals to daybook_phi
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
grant usage on schema portal to daybook_phi;
grant select, update (revealed_at) on portal.contact_reveals to daybook_phi;

-- What is known of the patient that reveal_id names, still encrypted: once, within five minutes, of the transaction's hospitals.
create function phi.reveal_contact(reveal_id bigint)
returns table (source_name text, fields bytea)
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
  asked record;
begin
  update portal.contact_reveals as r
  set revealed_at = clock_timestamp()
  where r.reveal_id = reveal_contact.reveal_id
    and r.revealed_at is null
    and r.requested_in <> pg_current_xact_id()
    and r.requested_at > clock_timestamp() - interval '5 minutes'
  returning r.hospital_id, r.patient_id into asked;
  if not found then
    raise exception 'Nothing is revealed under this number: it was not recorded before, was used, or is too old.'
      using errcode = 'insufficient_privilege';
  end if;
  return query
    select p.source_name, p.fields from phi.patients as p
    where p.hospital_id = asked.hospital_id and p.patient_id = asked.patient_id
    order by p.source_name;
end
$$;
grant create on schema phi to daybook_phi;
alter function phi.reveal_contact(bigint) owner to daybook_phi;
revoke create on schema phi from daybook_phi;
revoke all on function phi.reveal_contact(bigint) from public;
grant execute on function phi.reveal_contact(bigint) to daybook_portal;
