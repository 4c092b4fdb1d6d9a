-- The marts of dbt_project/models/marts/revenue as empty tables: what the portal reads, without running the pipeline.
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
create table rpt_period_comparisons (
  comparison_key uuid primary key, hospital_id text collate "C", currency text, basis text, grain text, period_start date,
  period_end date, days_counted int, is_partial boolean, amount numeric(18, 3), previous_from date, previous_to date,
  previous_amount numeric(18, 3), previous_change numeric(18, 3), previous_change_percent numeric(18, 3), is_previous_zero boolean,
  year_before_from date, year_before_to date, year_before_amount numeric(18, 3), year_before_change numeric(18, 3),
  year_before_change_percent numeric(18, 3), is_year_before_zero boolean
);
