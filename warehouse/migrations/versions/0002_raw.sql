-- One raw table and one quarantine table for each canonical table (warehouse/canonical.py).
-- raw keeps every version of a row; the current one has known_to null and an accepted batch.

create table raw.hospitals (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  hospital_id text collate "C",
  name text,
  timezone text,
  currency text,
  fiscal_year_start bigint,
  tax_rates text
);
create index raw_hospitals_current on raw.hospitals (source_name, hospital_id, record_key) where known_to is null;
create index raw_hospitals_batch on raw.hospitals (batch_id);

create table quarantine.hospitals (like quarantine.row_template including all);

create table raw.departments (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  department_id text collate "C",
  hospital_id text collate "C",
  code text,
  name text
);
create index raw_departments_current on raw.departments (source_name, hospital_id, record_key) where known_to is null;
create index raw_departments_batch on raw.departments (batch_id);

create table quarantine.departments (like quarantine.row_template including all);

create table raw.providers (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  provider_id text collate "C",
  hospital_id text collate "C",
  department_id text collate "C",
  name text,
  specialization text
);
create index raw_providers_current on raw.providers (source_name, hospital_id, record_key) where known_to is null;
create index raw_providers_batch on raw.providers (batch_id);

create table quarantine.providers (like quarantine.row_template including all);

create table raw.payers (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  payer_id text collate "C",
  name text,
  payer_type text
);
create index raw_payers_current on raw.payers (source_name, record_key) where known_to is null;
create index raw_payers_batch on raw.payers (batch_id);

create table quarantine.payers (like quarantine.row_template including all);

create table raw.patients (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  patient_id text collate "C",
  hospital_id text collate "C",
  birth_year integer
);
create index raw_patients_current on raw.patients (source_name, hospital_id, record_key) where known_to is null;
create index raw_patients_batch on raw.patients (batch_id);

create table quarantine.patients (like quarantine.row_template including all);

create table raw.appointments (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  appointment_id text collate "C",
  hospital_id text collate "C",
  patient_id text collate "C",
  provider_id text collate "C",
  department_id text collate "C",
  appointment_at date,
  status text
);
create index raw_appointments_current on raw.appointments (source_name, hospital_id, record_key) where known_to is null;
create index raw_appointments_batch on raw.appointments (batch_id);

create table quarantine.appointments (like quarantine.row_template including all);

create table raw.invoices (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  invoice_id text collate "C",
  hospital_id text collate "C",
  patient_id text collate "C",
  invoice_date date,
  due_date date,
  subtotal numeric(18,3),
  tax numeric(18,3),
  discount numeric(18,3),
  total numeric(18,3),
  status text,
  appointment_id text collate "C",
  provider_id text collate "C",
  department_id text collate "C",
  payer_id text collate "C",
  currency text,
  balance numeric(18,3),
  cancelled_date date,
  billed_at date,
  disputed boolean,
  created_at timestamptz,
  updated_at timestamptz
);
create index raw_invoices_current on raw.invoices (source_name, hospital_id, record_key) where known_to is null;
create index raw_invoices_batch on raw.invoices (batch_id);

create table quarantine.invoices (like quarantine.row_template including all);

create table raw.payment_schedules (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  hospital_id text collate "C",
  invoice_id text collate "C",
  due_date date,
  amount numeric(18,3)
);
create index raw_payment_schedules_current on raw.payment_schedules (source_name, hospital_id, record_key) where known_to is null;
create index raw_payment_schedules_batch on raw.payment_schedules (batch_id);

create table quarantine.payment_schedules (like quarantine.row_template including all);

create table raw.payments (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  payment_id text collate "C",
  hospital_id text collate "C",
  invoice_id text collate "C",
  patient_id text collate "C",
  payment_date date,
  amount numeric(18,3),
  status text,
  method text,
  payer_id text collate "C",
  refunded_date date,
  created_at timestamptz,
  updated_at timestamptz
);
create index raw_payments_current on raw.payments (source_name, hospital_id, record_key) where known_to is null;
create index raw_payments_batch on raw.payments (batch_id);

create table quarantine.payments (like quarantine.row_template including all);

create table raw.refunds (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  refund_id text collate "C",
  hospital_id text collate "C",
  payment_id text collate "C",
  amount numeric(18,3),
  refund_date date
);
create index raw_refunds_current on raw.refunds (source_name, hospital_id, record_key) where known_to is null;
create index raw_refunds_batch on raw.refunds (batch_id);

create table quarantine.refunds (like quarantine.row_template including all);

create table raw.adjustments (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  adjustment_id text collate "C",
  hospital_id text collate "C",
  invoice_id text collate "C",
  patient_id text collate "C",
  adjustment_date date,
  amount numeric(18,3),
  kind text,
  category text,
  reason text
);
create index raw_adjustments_current on raw.adjustments (source_name, hospital_id, record_key) where known_to is null;
create index raw_adjustments_batch on raw.adjustments (batch_id);

create table quarantine.adjustments (like quarantine.row_template including all);

create table raw.allocations (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  allocation_id text collate "C",
  hospital_id text collate "C",
  payment_id text collate "C",
  adjustment_id text collate "C",
  invoice_id text collate "C",
  amount numeric(18,3),
  allocated_date date
);
create index raw_allocations_current on raw.allocations (source_name, hospital_id, record_key) where known_to is null;
create index raw_allocations_batch on raw.allocations (batch_id);

create table quarantine.allocations (like quarantine.row_template including all);

create table raw.claims (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  claim_id text collate "C",
  hospital_id text collate "C",
  invoice_id text collate "C",
  payer_id text collate "C",
  submitted_date date,
  status text,
  adjudicated_date date,
  billed_amount numeric(18,3),
  allowed_amount numeric(18,3),
  paid_amount numeric(18,3),
  patient_responsibility numeric(18,3),
  denial_code text,
  clean boolean,
  resubmission_of text
);
create index raw_claims_current on raw.claims (source_name, hospital_id, record_key) where known_to is null;
create index raw_claims_batch on raw.claims (batch_id);

create table quarantine.claims (like quarantine.row_template including all);

create table raw.charges (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  charge_id text collate "C",
  hospital_id text collate "C",
  provider_id text collate "C",
  ticket_number text,
  case_date date,
  posted_date date,
  cpt_code text,
  units numeric(18,6),
  minutes numeric(18,6),
  billed_amount numeric(18,3),
  paid_amount numeric(18,3),
  patient_id text collate "C"
);
create index raw_charges_current on raw.charges (source_name, hospital_id, record_key) where known_to is null;
create index raw_charges_batch on raw.charges (batch_id);

create table quarantine.charges (like quarantine.row_template including all);

create table raw.procedure_units (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  cpt_code text,
  base_units numeric(18,6),
  valid_from date,
  valid_to date
);
create index raw_procedure_units_current on raw.procedure_units (source_name, record_key) where known_to is null;
create index raw_procedure_units_batch on raw.procedure_units (batch_id);

create table quarantine.procedure_units (like quarantine.row_template including all);

create table raw.compensation_plans (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  provider_id text collate "C",
  hospital_id text collate "C",
  valid_from date,
  conversion_factor numeric(18,6),
  minutes_per_unit numeric(18,6),
  share_percent numeric(18,6),
  modifiers text
);
create index raw_compensation_plans_current on raw.compensation_plans (source_name, hospital_id, record_key) where known_to is null;
create index raw_compensation_plans_batch on raw.compensation_plans (batch_id);

create table quarantine.compensation_plans (like quarantine.row_template including all);

create table raw.operating_costs (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  hospital_id text collate "C",
  month date,
  amount numeric(18,3)
);
create index raw_operating_costs_current on raw.operating_costs (source_name, hospital_id, record_key) where known_to is null;
create index raw_operating_costs_batch on raw.operating_costs (batch_id);

create table quarantine.operating_costs (like quarantine.row_template including all);

create table raw.compensation_statements (
  version_id bigint generated always as identity primary key,
  source_name text not null,
  record_key text collate "C" not null,
  row_hash uuid not null,
  batch_id bigint not null references ops.batches (batch_id),
  is_deleted boolean not null default false,
  known_from timestamptz not null,
  known_to timestamptz,
  statement_id text collate "C",
  hospital_id text collate "C",
  provider_id text collate "C",
  month date,
  gross_pay numeric(18,3),
  commission numeric(18,3),
  bonus numeric(18,3),
  deductions numeric(18,3)
);
create index raw_compensation_statements_current on raw.compensation_statements (source_name, hospital_id, record_key) where known_to is null;
create index raw_compensation_statements_batch on raw.compensation_statements (batch_id);

create table quarantine.compensation_statements (like quarantine.row_template including all);
