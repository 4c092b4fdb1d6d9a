-- What the portal reads beside the marts is parted by hospital in the database too. Two settings of its transaction say what it
-- reads: daybook.hospitals, and daybook.everything ('on') for who sees every hospital, and rows that are of none.
-- Each setting is read once for a query (a scalar subquery), not once for a row.

-- Tables that belong to no one hospital, but hold rows or sums of all of them.
alter table ops.run_tables enable row level security;
create policy everything_of_portal on ops.run_tables for select to daybook_portal
  using ((select current_setting('daybook.everything', true)) = 'on');

alter table ops.alerts enable row level security;
create policy everything_of_portal on ops.alerts for select to daybook_portal
  using ((select current_setting('daybook.everything', true)) = 'on');

-- A gate over all hospitals names keys of each: the portal reads gates through this view alone, with the keys of its hospitals.
-- What such a gate measured, and keys that do not say whose they are, are for who sees everything.
create view ops.gate_outcomes with (security_barrier) as
with reader as materialized (
  select
    coalesce(current_setting('daybook.everything', true), '') = 'on' as sees_everything,
    string_to_array(current_setting('daybook.hospitals', true), ',') as hospitals
)
select
  gates.gate_result_id, gates.run_id, gates.stage, gates.gate, gates.source_name, gates.table_name, gates.hospital_id,
  gates.severity, gates.passed, gates.threshold, gates.checked_at,
  case
    when reader.sees_everything or gates.hospital_id is not null then gates.accepted_reason
    when gates.accepted_reason is not null then 'by a person'
  end as accepted_reason,
  case when reader.sees_everything or gates.hospital_id is not null then gates.observed else '{}' end as observed,
  case
    when reader.sees_everything or gates.hospital_id is not null then gates.message
    when gates.passed then 'passed'
    else 'not passed over all hospitals together'
  end as message,
  (
    select coalesce(jsonb_agg(failing.key), '[]')
    from jsonb_array_elements(gates.failing_keys) as failing (key)
    where reader.sees_everything
      or (gates.hospital_id is not null and failing.key ->> 'hospital_id' is null)
      or failing.key ->> 'hospital_id' = any (reader.hospitals)
  ) as failing_keys
from ops.gate_results as gates
cross join reader
where reader.sees_everything or gates.hospital_id is null or gates.hospital_id = any (reader.hospitals);

-- Refused rows. The pipeline sees all; the portal those of its hospitals. A row whose hospital could not be read, or does not
-- exist, may be anybody's: it is for who sees everything; the others are told how many there are, not their money.
do $$
declare
  parts text;
  reader constant text := $reader$
    select
      pg_has_role('daybook_etl', 'usage') or coalesce(current_setting('daybook.everything', true), '') = 'on'
        as sees_everything,
      string_to_array(current_setting('daybook.hospitals', true), ',') as hospitals$reader$;
begin
  select string_agg(
    format(
      'select run_id, source_name, %L::text as table_name, hospital_id, record_key, file, line, reasons, columns, amount,'
      ' quarantine_id from quarantine.%I', tablename, tablename
    ),
    ' union all ' order by tablename
  )
  into parts
  from pg_tables
  where schemaname = 'quarantine' and tablename <> 'row_template';
  execute format(
    'create or replace view ops.quarantine_reasons with (security_barrier) as
      with reader as materialized (%2$s)
      select run_id, source_name, table_name, hospital_id, reason,
             count(*) as row_count, coalesce(sum(amount), 0)::numeric(24, 3) as amount
      from (%1$s) as rejected cross join reader cross join unnest(reasons) as reason
      where reader.sees_everything or hospital_id = any (reader.hospitals)
      group by run_id, source_name, table_name, hospital_id, reason',
    parts, reader
  );
  execute format(
    'create or replace view ops.quarantine_totals with (security_barrier) as
      with reader as materialized (%2$s)
      select run_id, table_name, hospital_id, count(*) as row_count,
             (case when hospital_id is not null or reader.sees_everything then coalesce(sum(amount), 0) end)::numeric(24, 3)
               as amount
      from (%1$s) as rejected cross join reader
      where reader.sees_everything or hospital_id is null or hospital_id = any (reader.hospitals)
      group by run_id, table_name, hospital_id, reader.sees_everything',
    parts, reader
  );
  execute format(
    'create or replace view ops.quarantine_rows with (security_barrier) as
      with reader as materialized (%2$s)
      select run_id, source_name, table_name, hospital_id, file, line, reasons, columns, amount, quarantine_id,
             case when record_key ~ ''^[A-Za-z0-9_.:/|#-]{1,80}$'' and record_key ~ ''[0-9]'' then record_key end as record_key
      from (%1$s) as rejected cross join reader
      where reader.sees_everything or hospital_id = any (reader.hospitals)',
    parts, reader
  );
end
$$;

-- A record is of the hospitals whose figures it touched. One that touched none (a sign-in, a change of password) is of the
-- hospitals of its user; one of nobody known is for who sees everything. Records of several hospitals are seen in each of them:
-- what they hold of others is withheld by the query. Whatever the transaction reads, it may add a record of anything.
alter table portal.audit_log enable row level security;
create policy any_record on portal.audit_log for insert to daybook_portal with check (true);
create policy hospital_of_portal on portal.audit_log for select to daybook_portal
  using (
    (select current_setting('daybook.everything', true)) = 'on'
    or hospital_ids && (select string_to_array(current_setting('daybook.hospitals', true), ','))
    or hospital_ids = '{}' and user_id in (
      select users.user_id::text from portal.user_hospitals as users
      where users.hospital_id = any ((select string_to_array(current_setting('daybook.hospitals', true), ','))::text[])
    )
  );

-- Who made whom a user, gave them roles or let them in again, and when: an approval is compared with it, whatever hospitals
-- whoever looks at it has. Nothing of what was given.
create view portal.role_grants as
select timestamp as granted_at, user_id as granted_by, resource_id as granted_to
from portal.audit_log
where resource_type = 'user'
  and (
    action in ('user_create', 'user_change') and new_values ? 'roles'
    or action = 'user_switch' and new_values ->> 'active' = 'true'
  );

-- The policies there were, with the setting read once for a query. That every policy holds the owner's login, too, is set with the
-- grants (warehouse/roles.py).
do $$
declare
  own text;
begin
  foreach own in array array[
    'ops.period_closes', 'portal.write_offs', 'portal.write_off_decisions', 'portal.contact_reveals', 'portal.forecast_snapshots',
    'portal.case_log_uploads', 'portal.user_case_log', 'portal.case_log_decisions'
  ]
  loop
    execute format(
      'alter policy hospital_of_portal on %s
         using (hospital_id = any ((select string_to_array(current_setting(''daybook.hospitals'', true), '',''))::text[]))', own
    );
  end loop;
end
$$;
