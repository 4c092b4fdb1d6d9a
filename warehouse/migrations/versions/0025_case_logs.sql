-- Case logs: what providers did by their own account, to be compared with what was billed.

-- A file as it was sent. Its content stays until it is imported; then only its cases do.
create table portal.case_log_uploads (
  id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  user_id integer not null references portal.users (id),
  file_name text not null check (length(file_name) <= 200),
  checksum bytea not null,
  content bytea,
  layout jsonb not null default '{}',
  covered_from date,
  covered_to date,
  rows_read integer not null check (rows_read >= 0),
  rows_kept integer,
  rejected jsonb not null default '[]',
  created_at timestamptz not null,
  imported_at timestamptz,
  withdrawn_at timestamptz,
  withdrawn_by integer references portal.users (id),
  check ((imported_at is null) = (rows_kept is null)),
  check (imported_at is null or (content is null and covered_from <= covered_to)),
  check (withdrawn_at is null or imported_at is not null),
  check ((withdrawn_by is null) = (withdrawn_at is null))
);
comment on column portal.case_log_uploads.layout is 'Which heading is which field, and the order of dates: offered again for the next file.';
comment on column portal.case_log_uploads.rejected is 'Line and reason of each row that is no case; never what stood in it.';
comment on column portal.case_log_uploads.covered_from is 'First day of which the log holds every case: what was billed on other days is not unexpected.';
create index case_log_uploads_provider on portal.case_log_uploads (hospital_id, provider_id, created_at desc);
create index case_log_uploads_drafts on portal.case_log_uploads (user_id) where imported_at is null;

create table portal.user_case_log (
  id bigint generated always as identity primary key,
  upload_id bigint not null references portal.case_log_uploads (id) on delete cascade,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  row_no integer not null,
  case_key text collate "C" not null check (case_key ~ '^[0-9a-f]{32}$'),
  case_date date not null,
  patient_ticket text collate "C",
  cpt_codes text,
  minutes numeric(18, 6) check (minutes > 0),
  notes text check (length(notes) <= 2000),
  verified_in_billing boolean not null default false,
  created_at timestamptz not null,
  unique (upload_id, row_no),
  check (patient_ticket is not null or cpt_codes is not null)
);
comment on column portal.user_case_log.case_key is 'The same for the same case in every file: of provider, day and ticket, or of day and codes where there is no ticket.';
comment on column portal.user_case_log.cpt_codes is 'Comma between them.';
comment on column portal.user_case_log.notes is 'Free text, which may hold names: for pages alone, never for logs, audit records, addresses or files.';
create index user_case_log_case on portal.user_case_log (hospital_id, provider_id, case_key);

-- What people said about a logged case: that it is these billed ones, or that it is not. It outlives the file: the next one has the case again.
create table portal.case_log_decisions (
  id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  case_key text collate "C" not null,
  kind text not null check (kind in ('confirm', 'split')),
  billed_keys uuid[] not null check (cardinality(billed_keys) between 1 and 20),
  decided_by integer not null references portal.users (id),
  decided_at timestamptz not null,
  undone_by integer references portal.users (id),
  undone_at timestamptz,
  check ((undone_by is null) = (undone_at is null))
);
comment on column portal.case_log_decisions.billed_keys is 'Keys of fct_cases, which are made of natural keys: the same in every build.';
create index case_log_decisions_case on portal.case_log_decisions (hospital_id, provider_id, case_key) where undone_at is null;
create unique index case_log_decisions_one_confirmation on portal.case_log_decisions (hospital_id, provider_id, case_key)
  where kind = 'confirm' and undone_at is null;

alter table portal.case_log_uploads enable row level security;
alter table portal.user_case_log enable row level security;
alter table portal.case_log_decisions enable row level security;
create policy hospital_of_portal on portal.case_log_uploads to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy hospital_of_portal on portal.user_case_log to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy hospital_of_portal on portal.case_log_decisions to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
