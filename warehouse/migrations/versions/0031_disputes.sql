-- Disputes: what was sent to the billing company about a case, what came back, and how long a payer may still be asked.

create table portal.disputes (
  id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  finding text not null check (finding in ('missing', 'discrepancy', 'unpaid', 'denied')),
  subject_key text collate "C" not null check (subject_key ~ '^[0-9a-f-]{32,36}$'),
  case_date date not null,
  label text collate "C",
  currency text not null,
  claimed numeric(18, 3) check (claimed > 0),
  billed_before numeric(18, 3) not null,
  paid_before numeric(18, 3) not null,
  payer_key uuid,
  state text not null check (state in ('sent', 'answered', 'recovered', 'withdrawn')),
  opened_by integer not null references portal.users (id),
  opened_at timestamptz not null,
  updated_at timestamptz not null
);
comment on column portal.disputes.subject_key is
  'Key of the logged case (missing, discrepancy), of fct_cases (unpaid) or of fct_claims (denied): the same in every build.';
comment on column portal.disputes.label is 'Ticket of the case, or number of the claim.';
comment on column portal.disputes.claimed is 'What is asked for; null where nobody can say.';
comment on column portal.disputes.billed_before is 'What was billed when it was sent: what came since is proposed as recovered.';
comment on column portal.disputes.state is 'Kind of the last step that was not taken back.';
create index disputes_provider on portal.disputes (hospital_id, provider_id, case_date);
create unique index disputes_one_open on portal.disputes (hospital_id, provider_id, subject_key)
  where state in ('sent', 'answered');

create table portal.dispute_steps (
  id bigint generated always as identity primary key,
  dispute_id bigint not null references portal.disputes (id) on delete cascade,
  hospital_id text collate "C" not null,
  kind text not null check (kind in ('sent', 'answered', 'recovered', 'withdrawn')),
  on_date date not null,
  outcome text check (outcome in ('agreed', 'partly', 'refused', 'asks')),
  amount numeric(18, 3) check (amount > 0),
  note bytea,
  made_by integer not null references portal.users (id),
  made_at timestamptz not null,
  undone_by integer references portal.users (id),
  undone_at timestamptz,
  check ((kind = 'answered') = (outcome is not null)),
  check ((kind = 'recovered') = (amount is not null)),
  check ((undone_by is null) = (undone_at is null))
);
comment on column portal.dispute_steps.note is 'Free text, which may hold names: encrypted with the keyring of identity.';
create index dispute_steps_dispute on portal.dispute_steps (dispute_id, id);

-- Days from a case to the last one on which its claim may be filed. Without a payer: of every payer that has none of its own.
create table portal.filing_limits (
  id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  payer_key uuid,
  days integer not null check (days between 1 and 3650),
  set_by integer not null references portal.users (id),
  set_at timestamptz not null,
  unique nulls not distinct (hospital_id, payer_key)
);
comment on column portal.filing_limits.payer_key is 'Key of dim_payers, the same in every build.';

alter table portal.disputes enable row level security;
alter table portal.dispute_steps enable row level security;
alter table portal.filing_limits enable row level security;
create policy hospital_of_portal on portal.disputes to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy hospital_of_portal on portal.dispute_steps to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
-- Changing the keys of identity encrypts notes anew.
create policy pipeline on portal.dispute_steps to daybook_etl using (true) with check (true);
create policy hospital_of_portal on portal.filing_limits to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
