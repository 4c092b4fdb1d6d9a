-- The marts of dbt_project/models/marts/collections as empty tables: what the portal reads, without running the pipeline.
create table rpt_collections_daily (
  collection_key uuid primary key, hospital_id text collate "C", currency text, invoice_date date, department_key uuid,
  provider_key uuid, payer_key uuid, billed numeric(18, 3), applied numeric(18, 3), contractual numeric(18, 3), invoice_count bigint
);
create table rpt_kpis (
  kpi_key uuid primary key, hospital_id text collate "C", currency text, month date, as_of_date date, metric text,
  value numeric(18, 3), numerator numeric(18, 3), denominator numeric(18, 3), multiplier int, window_days int,
  is_short_window boolean, is_partial boolean
);
