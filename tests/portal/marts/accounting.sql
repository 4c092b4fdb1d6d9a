-- The marts of dbt_project/models/marts/accounting as empty tables: what the portal reads, without running the pipeline.
create table fct_write_offs (
  write_off_key uuid primary key, hospital_id text collate "C", source_name text, origin text, write_off_id text,
  invoice_key uuid, invoice_id text collate "C", patient_id text collate "C", currency text, amount numeric(18, 3), category text,
  status text, requested_by text, approved_by text, effective_date date, booked_at timestamptz, posting_id text,
  posted_amount numeric(18, 3), reconciliation text, recovered numeric(18, 3)
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
