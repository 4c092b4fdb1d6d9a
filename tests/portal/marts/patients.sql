-- The marts of dbt_project/models/marts/patients as empty tables: what the portal reads, without running the pipeline.
create table patient_payment_history (
  id uuid primary key, hospital_id text collate "C", patient_id text collate "C", payment_id text collate "C",
  payment_date date, amount numeric(18, 3), payment_status text, method text, invoice_id text collate "C",
  currency text, created_at timestamptz
);
create table rpt_patient_accounts (
  account_key uuid primary key, hospital_id text collate "C", patient_id text collate "C", currency text,
  birth_year int, last_visit_date date, last_payment_date date, open_balance numeric(18, 3),
  credit_balance numeric(18, 3), invoice_count bigint
);
