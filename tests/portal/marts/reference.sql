-- The marts of dbt_project/models/marts/reference as empty tables: what the portal reads, without running the pipeline.
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
create table metric_definitions (
  metric text primary key, label text, formula text, unit text, exclusions text, model text
);
create table model_lineage (model text primary key, layer text, description text, reads text);
