-- The marts of dbt_project/models/marts/tax as empty tables: what the portal reads, without running the pipeline.
create table rpt_tax_daily (
  tax_key uuid primary key, hospital_id text collate "C", currency text, tax_date date, rate_kind text, tax_rate numeric,
  taxable_amount numeric(18, 3), tax numeric(18, 3), invoice_count bigint
);
