-- The marts of dbt_project/models/marts/receivables as empty tables: what the portal reads, without running the pipeline.
create table fct_invoices (
  invoice_key uuid primary key, hospital_id text collate "C", source_name text, invoice_id text collate "C",
  patient_id text collate "C", invoice_date date, due_date date, aging_date date, is_due_date_missing boolean,
  is_due_before_invoice boolean,
  status text, is_receivable boolean, is_disputed boolean, sent_date date, is_unbilled boolean, currency text, subtotal numeric(18, 3), tax numeric(18, 3),
  discount numeric(18, 3), total numeric(18, 3), department_key uuid, provider_key uuid, payer_key uuid,
  payer_class text, attribution text, billed numeric(18, 3), collected numeric(18, 3), refunded numeric(18, 3),
  adjusted numeric(18, 3), written_off numeric(18, 3), recovered numeric(18, 3), balance numeric(18, 3), open_amount numeric(18, 3),
  credit_amount numeric(18, 3), first_payment_date date, last_payment_date date, source_balance numeric(18, 3),
  balance_difference numeric(18, 3), is_total_inconsistent boolean, instalment_count int, is_schedule_inconsistent boolean,
  is_stale boolean, tax_rate_kind text,
  tax_rate numeric(18, 3), taxable_amount numeric(18, 3)
);
create table fct_payments (
  payment_key uuid primary key, hospital_id text collate "C", source_name text, payment_id text collate "C",
  invoice_key uuid, invoice_id text collate "C", patient_id text collate "C", payment_date date,
  amount numeric(18, 3), payment_status text, method text, payer_key uuid, currency text,
  refunded_amount numeric(18, 3), refunded_date date, allocated_amount numeric(18, 3), is_unmatched boolean
);
create table fct_receivable_events (
  event_key uuid primary key, hospital_id text collate "C", currency text, item_key uuid, former_item_key uuid, former_from date, relinked_on date, invoice_key uuid,
  invoice_id text collate "C", patient_id text collate "C", payment_key uuid, event_type text, adjustment_kind text,
  amount numeric(18, 3), effective_date date, due_date date, booked_at timestamptz, booked_date date, is_reversal boolean, count_step int,
  source_name text, source_table text, source_version_id bigint
);
create table fct_payment_schedules (
  schedule_key uuid primary key, hospital_id text collate "C", invoice_key uuid, due_date date, amount numeric(18, 3),
  known_from_date date, known_to_date date
);
create table fct_invoice_balances (
  balance_key uuid primary key, hospital_id text collate "C", currency text, item_key uuid, invoice_key uuid,
  invoice_id text collate "C", patient_id text collate "C", payment_key uuid, instalment_no int, is_instalment boolean,
  invoice_date date, due_date date, aging_date date, department_key uuid, provider_key uuid, payer_class text, balance numeric(18, 3), valid_from date, valid_to date
);
create table fct_receivables_aging (
  aging_key uuid primary key, hospital_id text collate "C", currency text, payer_class text, bucket text,
  as_of_date date, amount numeric(18, 3), invoice_count bigint
);
create table outstanding_payments (
  id uuid primary key, hospital_id text collate "C", patient_id text collate "C", invoice_id text collate "C",
  invoice_key uuid, instalment_no int, invoice_date date, due_date date, aging_date date, amount_due numeric(18, 3), amount_due_minor bigint,
  days_overdue int, bucket text, last_payment_date date, payment_status text, payer_class text, is_disputed boolean, is_unbilled boolean,
  currency text, created_at timestamptz, updated_at timestamptz
);
