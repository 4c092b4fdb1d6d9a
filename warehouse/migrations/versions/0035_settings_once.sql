-- A scalar subquery is asked once for a query; a function in the condition itself, once for every row that no index ruled out.
do $$
declare
  own text;
  hospitals constant text := '(hospital_id = any ((select string_to_array(current_setting(''daybook.hospitals'', true), '',''))::text[]))';
begin
  foreach own in array array[
    'portal.disputes', 'portal.dispute_steps', 'portal.filing_limits', 'portal.follow_ups', 'portal.imported_statements'
  ]
  loop
    execute format('alter policy hospital_of_portal on %s using %s', own, hospitals);
  end loop;
  execute 'alter policy own_or_hospital_of_portal on portal.saved_views using (hospital_id is null or ' || hospitals || ')';
end
$$;
