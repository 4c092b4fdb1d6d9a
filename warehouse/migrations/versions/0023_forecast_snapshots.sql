-- What each model forecast when a month had closed, kept once, and what came.
create table portal.forecast_snapshots (
  id bigint generated always as identity primary key,
  created_date date not null,
  forecast_date date not null check (extract(day from forecast_date) = 1),
  predicted_amount numeric(18, 3) not null,
  actual_amount numeric(18, 3),
  confidence_level numeric(5, 2) not null default 95.00 check (confidence_level > 0 and confidence_level < 100),
  model_used text not null check (model_used ~ '^[a-z_0-9]+$'),
  hospital_id text collate "C" not null,
  measure text not null check (measure in ('compensation', 'collected', 'billed')),
  currency text not null,
  provider_key uuid,
  based_on date not null check (extract(day from based_on) = 1),
  months_ahead smallint not null check (months_ahead between 1 and 12),
  lower_amount numeric(18, 3),
  upper_amount numeric(18, 3),
  lower_80 numeric(18, 3),
  upper_80 numeric(18, 3),
  build_id bigint not null,
  actual_build_id bigint,
  check (forecast_date > based_on),
  check ((measure = 'compensation') = (provider_key is not null)),
  check (lower_amount <= upper_amount and lower_80 <= upper_80),
  check ((actual_amount is null) = (actual_build_id is null)),
  unique nulls not distinct (hospital_id, measure, currency, provider_key, based_on, model_used, forecast_date)
);
comment on table portal.forecast_snapshots is
  'Forecasts, kept once for each closed month, model and series: a hospital''s revenue or the compensation of a provider.';
comment on column portal.forecast_snapshots.created_date is 'The hospital''s business date when it was made.';
comment on column portal.forecast_snapshots.forecast_date is 'First day of the month that is forecast.';
comment on column portal.forecast_snapshots.actual_amount is
  'What came, as the newest build says it; null until that month is closed.';
comment on column portal.forecast_snapshots.confidence_level is
  'Percent of cases in which the actual amount is to lie between lower_amount and upper_amount.';
comment on column portal.forecast_snapshots.based_on is 'First day of the last month that was known.';
comment on column portal.forecast_snapshots.build_id is 'The build that it was made of.';
create index forecast_snapshots_read on portal.forecast_snapshots (hospital_id, measure, model_used, forecast_date desc);

alter table portal.forecast_snapshots enable row level security;
create policy hospital_of_portal on portal.forecast_snapshots to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
