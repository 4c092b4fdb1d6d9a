-- Rejected rows for people who correct them: where each stood and why, never what it held. Owned by the migrating role, as
-- the sums are. A key that is no id (no digit, or words) may be a name in the wrong column.
do $$
declare
  parts text;
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
    'create view ops.quarantine_rows as
      select run_id, source_name, table_name, hospital_id, file, line, reasons, columns, amount, quarantine_id,
             case when record_key ~ ''^[A-Za-z0-9_.:/|#-]{1,80}$'' and record_key ~ ''[0-9]'' then record_key end as record_key
      from (%1$s) as rejected',
    parts
  );
end
$$;
