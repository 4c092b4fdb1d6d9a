-- Schemas, roles' common ground, and the operational tables of the pipeline.

create schema raw;
create schema landing;
create schema quarantine;
create schema phi;
create schema ops;
create schema portal;
create schema jobs;

create sequence ops.run_id_seq;
create sequence ops.build_id_seq;

-- The requested columns of etl_process_status, widened. ``stopped`` means halted by a gate.
create table ops.etl_process_status (
  id bigint primary key default nextval('ops.run_id_seq'),
  process_name varchar(100) not null default 'etl',
  status varchar(20) not null check (status in ('running', 'completed', 'failed', 'stopped')),
  started_at timestamptz not null,
  completed_at timestamptz check (completed_at is null or completed_at >= started_at),
  records_processed bigint not null default 0,
  error_message text,
  created_at timestamptz not null default clock_timestamp(),
  instant timestamptz not null,
  stage text not null default 'start',
  heartbeat_at timestamptz not null default clock_timestamp(),
  exit_code integer,
  outcome text,
  sources jsonb not null default '[]',
  requested_by text,
  build_id bigint,
  backend_pid integer
);
create index etl_process_status_started on ops.etl_process_status (started_at desc);

-- A run that a person asked for in the portal: its id is given before the worker starts it.
create table ops.run_requests (
  run_id bigint primary key default nextval('ops.run_id_seq'),
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp()
);

create table ops.run_stages (
  run_id bigint not null references ops.etl_process_status (id) on delete cascade,
  seq integer not null,
  stage text not null,
  status text not null check (status in ('running', 'completed', 'failed', 'stopped')),
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  detail jsonb not null default '{}',
  primary key (run_id, seq)
);

-- A batch belongs to its run: landed until the run publishes (accepted) or ends otherwise (refused).
create table ops.batches (
  batch_id bigint generated always as identity primary key,
  run_id bigint not null references ops.etl_process_status (id),
  source_name text not null,
  state text not null default 'landed' check (state in ('landed', 'accepted', 'refused')),
  created_at timestamptz not null default clock_timestamp(),
  decided_at timestamptz,
  watermarks jsonb not null default '{}',
  unique (run_id, source_name)
);

-- What was read and what became of it, in rows and minor units: read = landed + quarantined + duplicates.
create table ops.run_tables (
  run_id bigint not null references ops.etl_process_status (id) on delete cascade,
  batch_id bigint not null references ops.batches (batch_id),
  source_name text not null,
  table_name text not null,
  rows_read bigint not null,
  rows_landed bigint not null,
  rows_quarantined bigint not null,
  rows_duplicate bigint not null,
  rows_unreadable_amount bigint not null default 0,
  amount_read numeric(24, 3) not null default 0,
  amount_landed numeric(24, 3) not null default 0,
  amount_quarantined numeric(24, 3) not null default 0,
  amount_duplicate numeric(24, 3) not null default 0,
  rows_new bigint not null default 0,
  rows_changed bigint not null default 0,
  rows_deleted bigint not null default 0,
  rows_stale bigint not null default 0,
  primary key (run_id, source_name, table_name),
  check (rows_read = rows_landed + rows_quarantined + rows_duplicate),
  check (amount_read = amount_landed + amount_quarantined + amount_duplicate)
);

create table ops.gate_results (
  gate_result_id bigint generated always as identity primary key,
  run_id bigint not null references ops.etl_process_status (id) on delete cascade,
  stage text not null check (stage in ('landed', 'candidate')),
  gate text not null,
  source_name text,
  table_name text,
  hospital_id text,
  severity text not null default 'error' check (severity in ('error', 'warn')),
  passed boolean not null,
  accepted_reason text,
  observed jsonb not null default '{}',
  threshold jsonb not null default '{}',
  failing_keys jsonb not null default '[]',
  message text not null,
  checked_at timestamptz not null default clock_timestamp()
);
create index gate_results_run on ops.gate_results (run_id);

create table ops.builds (
  build_id bigint primary key default nextval('ops.build_id_seq'),
  run_id bigint not null references ops.etl_process_status (id),
  schema_name text not null unique,
  state text not null check (state in ('building', 'ready', 'live', 'previous', 'dropped', 'refused')),
  instant timestamptz not null,
  fingerprint text not null,
  created_at timestamptz not null default clock_timestamp(),
  published_at timestamptz
);
create unique index builds_one_live on ops.builds (state) where state = 'live';

-- Each hospital's business date at the run's instant. Models read dates here, never a clock.
create table ops.business_dates (
  build_id bigint not null references ops.builds (build_id) on delete cascade,
  hospital_id text collate "C" not null,
  business_date date not null,
  primary key (build_id, hospital_id)
);

-- One row: while held, a run builds and gates, but does not publish.
create table ops.publishing (
  singleton boolean primary key default true check (singleton),
  held boolean not null default false,
  held_by text,
  reason text,
  held_at timestamptz
);
insert into ops.publishing default values;

create table ops.analyst_hospitals (
  login text not null,
  hospital_id text collate "C" not null,
  primary key (login, hospital_id)
);
alter table ops.analyst_hospitals enable row level security;
create policy own_rows on ops.analyst_hospitals for select using (login = session_user or pg_has_role('daybook_etl', 'usage'));

create table ops.alerts (
  alert_id bigint generated always as identity primary key,
  incident text not null,
  run_id bigint,
  kind text not null check (kind in ('failure', 'gate', 'recovery', 'test')),
  message text not null,
  created_at timestamptz not null default clock_timestamp(),
  delivered_at timestamptz,
  attempts integer not null default 0,
  error text
);

-- A rejected row: where it stood, why, and its money. Never identity, never free text.
create table quarantine.row_template (
  quarantine_id bigint generated always as identity primary key,
  run_id bigint not null,
  batch_id bigint not null,
  source_name text not null,
  hospital_id text collate "C",
  record_key text collate "C",
  file text not null,
  line bigint,
  reasons text[] not null,
  columns text[] not null default '{}',
  amount numeric(18, 3),
  row_data jsonb not null default '{}'
);
create index on quarantine.row_template (run_id);
create index on quarantine.row_template (batch_id);

-- Identity and contact fields, encrypted in Python with a keyring from the environment.
create table phi.patients (
  source_name text not null,
  hospital_id text collate "C" not null,
  patient_id text collate "C" not null,
  batch_id bigint not null,
  fields bytea not null,
  content_hash bytea not null,
  ssn_hash bytea,
  primary key (source_name, hospital_id, patient_id)
);

-- Keyed hashes of name prefixes, birth date and phone, so that a search never decrypts.
create table phi.search_tokens (
  source_name text not null,
  hospital_id text collate "C" not null,
  patient_id text collate "C" not null,
  kind text not null check (kind in ('name', 'birth_date', 'phone')),
  token bytea not null,
  primary key (hospital_id, kind, token, patient_id, source_name),
  foreign key (source_name, hospital_id, patient_id)
    references phi.patients (source_name, hospital_id, patient_id) on delete cascade
);
