-- Retention is a decision of a build like its business dates: models read it here, and a changed setting is a new build.
alter table ops.business_dates add column history_from date;
comment on column ops.business_dates.history_from is
'First day of which patient_payment_history holds every payment; null: of all days. Older ones stay while something is open.';
