-- Landing appends millions of rows and reads them again before autovacuum has looked at them: without statistics the
-- planner takes a batch for one row. Only an owner may analyze, hence a function of the owner's.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_etl') then
    create role daybook_etl nologin noinherit;
  end if;
end
$$;

create function ops.analyze_raw(tables text[])
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  name text;
begin
  for name in
    select relname from pg_catalog.pg_class
    where relnamespace = 'raw'::regnamespace and relkind = 'r' and relname = any (tables)
    order by relname
  loop
    execute pg_catalog.format('analyze raw.%I', name);
  end loop;
end
$$;

revoke all on function ops.analyze_raw(text[]) from public;
grant execute on function ops.analyze_raw(text[]) to daybook_etl;

-- A patient whose identity changes, or who is gone, takes all their tokens along.
create index search_tokens_patient on phi.search_tokens (source_name, hospital_id, patient_id);
