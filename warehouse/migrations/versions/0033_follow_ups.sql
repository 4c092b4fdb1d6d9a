-- Follow-up of open invoices: what was noted, promised and agreed. Written once: a correction is a new row, a withdrawal names the row it withdraws.

create table portal.follow_ups (
  id bigint generated always as identity primary key,
  withdraws_id bigint unique references portal.follow_ups (id),
  hospital_id text collate "C" not null,
  source_name text collate "C" not null,
  invoice_id text collate "C" not null,
  patient_id text collate "C",
  currency text not null,
  note bytea,
  promised_amount numeric(18, 3) check (promised_amount > 0),
  promised_for date,
  contact_on date,
  contact_with text check (contact_with in ('patient', 'representative', 'insurance', 'employer', 'other')),
  ends_contact boolean not null default false,
  made_by integer not null references portal.users (id),
  made_on date not null,
  made_at timestamptz not null,
  check ((promised_amount is null) = (promised_for is null)),
  check ((contact_on is null) = (contact_with is null)),
  check (promised_for >= made_on and contact_on >= made_on),
  check (not (ends_contact and contact_on is not null)),
  check (num_nonnulls(withdraws_id, note, promised_for, contact_on) > 0 or ends_contact),
  check (withdraws_id is null or (num_nonnulls(promised_for, contact_on, note) = 0 and not ends_contact))
);
comment on column portal.follow_ups.note is 'Free text, which may hold names: encrypted with the keyring of identity.';
comment on column portal.follow_ups.made_on is 'The hospital''s local date. Whether a promise was kept is never stored: the ledger says it.';
create index follow_ups_invoice on portal.follow_ups (hospital_id, source_name, invoice_id, id);

alter table portal.follow_ups enable row level security;
create policy hospital_of_portal on portal.follow_ups to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy pipeline on portal.follow_ups to daybook_etl using (true);
-- Only the note's encryption may be renewed.
create trigger written_once
  before delete or truncate or update of id, withdraws_id, hospital_id, source_name, invoice_id, patient_id, currency,
    promised_amount, promised_for, contact_on, contact_with, ends_contact, made_by, made_on, made_at
  on portal.follow_ups for each statement execute function portal.refuse_change();
