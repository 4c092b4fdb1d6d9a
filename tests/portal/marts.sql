-- The marts of docs/architecture.md as empty tables: what the portal reads, without running the pipeline.
create table dim_hospitals (
  hospital_id text collate "C" primary key, name text, timezone text, currency text, fiscal_year_start int,
  tax_rates text, business_date date, history_from date
);
create table dim_departments (
  department_key uuid primary key, hospital_id text collate "C", source_name text, department_id text, code text, name text
);
create table dim_providers (
  provider_key uuid primary key, hospital_id text collate "C", source_name text, provider_id text, department_key uuid,
  name text, specialization text
);
create table dim_payers (payer_key uuid primary key, source_name text, payer_id text, name text, payer_type text);
create table dim_aging_buckets (bucket text primary key, sort_order int, from_days int, to_days int);
create table dim_patients (
  patient_key uuid primary key, hospital_id text collate "C", patient_id text collate "C", birth_year int
);
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
create table fct_write_offs (
  write_off_key uuid primary key, hospital_id text collate "C", source_name text, origin text, write_off_id text,
  invoice_key uuid, invoice_id text collate "C", patient_id text collate "C", currency text, amount numeric(18, 3), category text,
  status text, requested_by text, approved_by text, effective_date date, booked_at timestamptz, posting_id text,
  posted_amount numeric(18, 3), reconciliation text, recovered numeric(18, 3)
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
create table revenue_metrics (
  id uuid primary key, date_key date, hospital_id text collate "C", currency text, total_revenue numeric(18, 3),
  payment_count bigint, average_payment numeric(18, 3), refunded_amount numeric(18, 3), net_revenue numeric(18, 3),
  billed_amount numeric(18, 3), invoice_count bigint, created_at timestamptz, updated_at timestamptz
);
create table rpt_revenue_daily (
  revenue_key uuid primary key, hospital_id text collate "C", currency text, basis text, revenue_date date,
  department_key uuid, provider_key uuid, payer_key uuid, revenue numeric(18, 3), refunded_amount numeric(18, 3),
  item_count bigint
);
create table rpt_revenue_by_payer (
  revenue_key uuid primary key, hospital_id text collate "C", currency text, basis text, split text, revenue_date date,
  payer_group text, payer_class text, payer_key uuid, revenue numeric(18, 3), refunded_amount numeric(18, 3),
  item_count bigint
);
create table rpt_collections_daily (
  collection_key uuid primary key, hospital_id text collate "C", currency text, invoice_date date, department_key uuid,
  provider_key uuid, payer_key uuid, billed numeric(18, 3), applied numeric(18, 3), contractual numeric(18, 3), invoice_count bigint
);
create table rpt_tax_daily (
  tax_key uuid primary key, hospital_id text collate "C", currency text, tax_date date, rate_kind text, tax_rate numeric,
  taxable_amount numeric(18, 3), tax numeric(18, 3), invoice_count bigint
);
create table rpt_cash_receipts (
  cash_receipt_key uuid primary key, hospital_id text collate "C", currency text, receipt_date date, method text,
  received numeric(18, 3), payment_count bigint, refunded numeric(18, 3), net numeric(18, 3)
);
create table rpt_roll_forward (
  roll_forward_key uuid primary key, hospital_id text collate "C", currency text, month date, as_of_date date, is_partial boolean,
  opening numeric(18, 3), billed numeric(18, 3), collected numeric(18, 3), refunded numeric(18, 3), adjusted numeric(18, 3),
  written_off numeric(18, 3), recovered numeric(18, 3), closing numeric(18, 3), receivables_closing numeric(18, 3),
  credits_closing numeric(18, 3)
);
create table rpt_credits (
  credit_key uuid primary key, hospital_id text collate "C", currency text, invoice_key uuid, payment_key uuid,
  patient_id text collate "C", invoice_id text collate "C", payment_id text collate "C", kind text, amount numeric(18, 3),
  since_date date, age_days int, bucket text
);
create table rpt_kpis (
  kpi_key uuid primary key, hospital_id text collate "C", currency text, month date, as_of_date date, metric text,
  value numeric(18, 3), numerator numeric(18, 3), denominator numeric(18, 3), multiplier int, window_days int,
  is_short_window boolean, is_partial boolean
);
create table patient_payment_history (
  id uuid primary key, hospital_id text collate "C", patient_id text collate "C", payment_id text collate "C",
  payment_date date, amount numeric(18, 3), payment_status text, method text, invoice_id text collate "C",
  currency text, created_at timestamptz
);
create table outstanding_payments (
  id uuid primary key, hospital_id text collate "C", patient_id text collate "C", invoice_id text collate "C",
  invoice_key uuid, instalment_no int, invoice_date date, due_date date, aging_date date, amount_due numeric(18, 3), amount_due_minor bigint,
  days_overdue int, bucket text, last_payment_date date, payment_status text, payer_class text, is_disputed boolean, is_unbilled boolean,
  currency text, created_at timestamptz, updated_at timestamptz
);
create table rpt_patient_accounts (
  account_key uuid primary key, hospital_id text collate "C", patient_id text collate "C", currency text,
  birth_year int, last_visit_date date, last_payment_date date, open_balance numeric(18, 3),
  credit_balance numeric(18, 3), invoice_count bigint
);
create table metric_definitions (
  metric text primary key, label text, formula text, unit text, exclusions text, model text
);
create table rpt_period_comparisons (
  comparison_key uuid primary key, hospital_id text collate "C", currency text, basis text, grain text, period_start date,
  period_end date, days_counted int, is_partial boolean, amount numeric(18, 3), previous_from date, previous_to date,
  previous_amount numeric(18, 3), previous_change numeric(18, 3), previous_change_percent numeric(18, 3), is_previous_zero boolean,
  year_before_from date, year_before_to date, year_before_amount numeric(18, 3), year_before_change numeric(18, 3),
  year_before_change_percent numeric(18, 3), is_year_before_zero boolean
);
create table rpt_workload (
  workload_key uuid primary key, hospital_id text collate "C", provider_key uuid, case_date date, currency text,
  case_count bigint, reversed_case_count bigint, timed_case_count bigint, minutes numeric(18, 6), average_minutes numeric(18, 3),
  cases_per_hour numeric(18, 3), units numeric(18, 6), billed numeric(18, 3), paid numeric(18, 3)
);
create table rpt_case_mix (
  case_mix_key uuid primary key, hospital_id text collate "C", provider_key uuid, month date, currency text, cpt_code text,
  case_count bigint, units numeric(18, 6), billed numeric(18, 3)
);
create table rpt_compensation_monthly (
  compensation_key uuid primary key, hospital_id text collate "C", provider_key uuid, month date, currency text,
  case_count bigint, calculated_case_count bigint, uncalculated_case_count bigint, calculated numeric(18, 3), statement_count bigint,
  gross_pay numeric(18, 3), commission numeric(18, 3), bonus numeric(18, 3), deductions numeric(18, 3), net_pay numeric(18, 3),
  difference numeric(18, 3)
);
create table fct_cases (
  case_key uuid primary key, hospital_id text collate "C", source_name text, provider_key uuid, ticket_number text, case_date date,
  currency text, is_reversed boolean, primary_cpt_code text, base_units numeric(18, 6), code_count bigint, line_count bigint,
  charge_count bigint, minutes numeric(18, 6), units numeric(18, 6), billed numeric(18, 3), paid numeric(18, 3),
  first_posted_date date, last_posted_date date
);
create table fct_charges (
  charge_key uuid primary key, hospital_id text collate "C", source_name text, charge_id text, case_key uuid, provider_key uuid,
  ticket_number text, case_date date, posted_date date, cpt_code text, modifiers text, units numeric(18, 6), minutes numeric(18, 6),
  billed numeric(18, 3), paid numeric(18, 3), currency text, is_reversal boolean, is_reversed boolean
);
create table fct_case_compensation (
  case_key uuid primary key, hospital_id text collate "C", provider_key uuid, case_date date, currency text, plan_valid_from date,
  base_units numeric(18, 6), minutes numeric(18, 6), minutes_per_unit numeric(18, 6), time_units numeric(18, 6),
  modifier_units numeric(18, 6), modifier_factor numeric(18, 6), unknown_modifier_count bigint, total_units numeric(18, 6),
  conversion_factor numeric(18, 6), share_percent numeric(18, 6), amount numeric(18, 3), uncalculated_reason text
);
