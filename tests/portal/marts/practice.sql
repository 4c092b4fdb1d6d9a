-- The marts of dbt_project/models/marts/practice as empty tables: what the portal reads, without running the pipeline.
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
