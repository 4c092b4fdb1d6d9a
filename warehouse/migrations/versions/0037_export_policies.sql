-- What was typed into a filter is not kept in the log of exports any more; older lines of files that are made kept it. Of a filter
-- that is none of ids, dates, amounts and choices nothing stays; of a value that may be a name, that there was one.
with known as (
  select
    regexp_split_to_array(btrim('
      action against ahead allocation asOfDate as_of basis batchId billedMonth bucket category chart closeId
      closedFigure compare contact cptCode currency department departmentId difference end endDate entity fields
      format granularity groupBy horizon hospital hospitalId invoiceId kind knownAt limit maxAmount maxDays max_amount
      max_days measure method minAmount minDays minDaysOverdue min_amount min_days model month monthsSince outcome
      page part patientId payer payerClass payerId payerMix payer_class promise provider providerId rate reportType
      resource resourceId scenario show sort sourceName split start startDate status tab template ticketNumber
      unitValue volume windowDays
    ', E' \n'), '\s+') as filters,
    regexp_split_to_array(btrim('
      ach adjustment agency american amex and app apple auto automatic autopay bank by card cards carecredit cash
      cashier cashiers cc check checks cheque cheques coinsurance collection collections contactless copay counter
      credit debit deductible deduction deposit deposits desk diners direct discover draft e echeck echecks eft
      electronic era express financing fsa gift giro google government hra hsa in installment installments instalment
      instalments insurance insurer internet kiosk loan lockbox m maestro mail manual mastercard medicaid medicare
      misc mobile money none not of office online or order other paid paper party patient pay payer payment payments
      paypal payroll person phone plan portal pos prepaid recurring refund reversal self sepa standing telephone
      terminal third transfer transfers unknown venmo virtual visa voucher wallet web website wire zelle
    ', E' \n'), '\s+') as methods
),
given as (
  select
    line.id, line.filters, filter.name, kept.place, kept.value,
    case
      when filter.name = 'measure' then kept.value in ('billed', 'cases', 'collected', 'compensation', 'paid')
      when filter.name = 'method' then kept.value ~ '^[ -~]{1,40}$' and kept.value ~ '[A-Za-z]' and kept.value !~ '[0-9]'
        and array_remove(regexp_split_to_array(lower(kept.value), '[^a-z]+'), '') <@ known.methods
      when kept.value ~ '^[0-9]{3}-[0-9]{2}-[0-9]{4}$' then false
      when filter.name in ('patient_id', 'invoice_id', 'patientId', 'invoiceId', 'resourceId', 'template', 'ticketNumber')
        and kept.value !~ '[0-9]' then false
      else kept.value ~ '^[A-Za-z0-9_.:,+-]{0,64}$'
    end as is_plain
  from portal.export_log as line
  cross join known
  cross join jsonb_each(line.filters) as filter (name, content)
  cross join jsonb_array_elements_text(
    case when jsonb_typeof(filter.content) = 'array' then filter.content else '[]' end
  ) with ordinality as kept (value, place)
  where line.status in ('finished', 'failed', 'refused') and filter.name = any (known.filters)
),
cleaned as (
  select id, jsonb_object_agg(name, content) as filters
  from (
    select id, name, jsonb_agg(case when is_plain then value else '(withheld)' end order by place) as content
    from given
    group by id, name
  ) as filter
  group by id
)
update portal.export_log as line
set filters = coalesce((select cleaned.filters from cleaned where cleaned.id = line.id), '{}')
where line.status in ('finished', 'failed', 'refused') and line.filters <> '{}';

comment on column portal.export_log.has_patients is
  'Whether its rows are of single patients (an id, a ticket or free words in any column that it could have, chosen or not): it is '
  'never attached to a mail then. False, too, for lists of a page and pictures, which nobody judged and no mail has. Null until it '
  'is made.';

-- Exports are of persons: three settings of the portal's transaction say whose it reads and writes. daybook.user is the id of who
-- is signed in (or whose file the worker makes), daybook.own_hospitals all hospitals of theirs, whichever a page is narrowed to,
-- daybook.manages what they see of others: '' nothing, 'own' what is of their hospitals alone, 'all' everything.
-- Each setting is read once for a query. What the pipeline and the owner's login may is set with the grants (warehouse/roles.py).

alter table portal.export_log enable row level security;
create policy own_or_managed_of_portal on portal.export_log for select to daybook_portal
  using (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    or (select current_setting('daybook.manages', true)) = 'all'
    or (select current_setting('daybook.manages', true)) = 'own' and hospital_ids <> '{}'
    and hospital_ids <@ (select string_to_array(current_setting('daybook.own_hospitals', true), ','))
  );
create policy own_to_add on portal.export_log for insert to daybook_portal
  with check (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    and hospital_ids <@ (select string_to_array(current_setting('daybook.own_hospitals', true), ','))
  );
create policy own_to_change on portal.export_log for update to daybook_portal
  using (user_id = (select nullif(current_setting('daybook.user', true), '')::integer))
  with check (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    and hospital_ids <@ (select string_to_array(current_setting('daybook.own_hospitals', true), ','))
  );

-- Administrators see that a file was made; what it holds is for whom it was made alone. It is put together while its line says so.
alter table portal.export_chunks enable row level security;
create policy own_of_portal on portal.export_chunks for select to daybook_portal
  using (exists (
    select from portal.export_log as line
    where line.id = export_id and line.user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
  ));
create policy own_to_add on portal.export_chunks for insert to daybook_portal
  with check (exists (
    select from portal.export_log as line
    where line.id = export_id and line.status = 'running'
      and line.user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
  ));
create policy own_to_remove on portal.export_chunks for delete to daybook_portal
  using (exists (
    select from portal.export_log as line
    where line.id = export_id and line.status = 'running'
      and line.user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
  ));

alter table portal.export_templates enable row level security;
create policy own_or_shared_of_portal on portal.export_templates for select to daybook_portal
  using (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    or hospital_id = any ((select string_to_array(current_setting('daybook.own_hospitals', true), ','))::text[])
  );
create policy own_to_add on portal.export_templates for insert to daybook_portal
  with check (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    and (
      hospital_id is null
      or hospital_id = any ((select string_to_array(current_setting('daybook.own_hospitals', true), ','))::text[])
    )
  );
create policy own_to_remove on portal.export_templates for delete to daybook_portal
  using (user_id = (select nullif(current_setting('daybook.user', true), '')::integer));

-- What the transaction's user has to do with schedules: made by them, sent to them, or managed by them, as everybody in it is of
-- their hospitals alone (who has none in particular has all of them). To say so, all readers of a schedule are looked at, of whom
-- the user may see none: hence a function, with the rights of the pipeline's role, which the policies below do not hold. (A view
-- would keep an owner's login that is no superuser from dumping these tables.) A query asks it once.
create function portal.export_schedule_rights()
returns table (schedule_id bigint, is_own boolean, is_read boolean, is_managed boolean)
language sql
stable
security definer
set search_path = ''
as $$
  with reader as materialized (
    select
      nullif(current_setting('daybook.user', true), '')::integer as user_id,
      current_setting('daybook.manages', true) as manages,
      string_to_array(coalesce(current_setting('daybook.own_hospitals', true), ''), ',') as hospitals
  ),
  judged as (
    select
      schedules.id as schedule_id,
      coalesce(schedules.user_id = reader.user_id, false) as is_own,
      exists (
        select from portal.export_recipients as recipients
        where recipients.schedule_id = schedules.id and recipients.user_id = reader.user_id
      ) as is_read,
      coalesce(
        reader.manages = 'all'
        or reader.manages = 'own' and not exists (
          select
          from (
            select schedules.user_id
            union all
            select recipients.user_id from portal.export_recipients as recipients where recipients.schedule_id = schedules.id
          ) as people
          left join portal.user_hospitals as theirs on theirs.user_id = people.user_id
          where theirs.hospital_id is null or theirs.hospital_id <> all (reader.hospitals)
        ),
        false
      ) as is_managed
    from portal.export_schedules as schedules
    cross join reader
  )
  select judged.schedule_id, judged.is_own, judged.is_read, judged.is_managed
  from judged
  where judged.is_own or judged.is_read or judged.is_managed
$$;
grant daybook_etl to current_user;
grant usage, create on schema portal to daybook_etl;
alter function portal.export_schedule_rights() owner to daybook_etl;
revoke create on schema portal from daybook_etl;
revoke all on function portal.export_schedule_rights() from public;
grant execute on function portal.export_schedule_rights() to daybook_portal;

alter table portal.export_schedules enable row level security;
create policy own_read_or_managed_of_portal on portal.export_schedules for select to daybook_portal
  using (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    or id in (select rights.schedule_id from portal.export_schedule_rights() as rights)
  );
create policy own_to_add on portal.export_schedules for insert to daybook_portal
  with check (user_id = (select nullif(current_setting('daybook.user', true), '')::integer));
create policy own_or_managed_to_change on portal.export_schedules for update to daybook_portal
  using (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    or id in (select rights.schedule_id from portal.export_schedule_rights() as rights where rights.is_managed)
  );

-- A reader sees no other reader, and can leave; nobody else changes who gets it. Readers share a hospital with whose it is.
alter table portal.export_recipients enable row level security;
create policy own_or_of_schedule_of_portal on portal.export_recipients for select to daybook_portal
  using (
    user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
    or schedule_id in (
      select rights.schedule_id from portal.export_schedule_rights() as rights where rights.is_own or rights.is_managed
    )
  );
create policy of_own_schedule_to_add on portal.export_recipients for insert to daybook_portal
  with check (
    schedule_id in (select rights.schedule_id from portal.export_schedule_rights() as rights where rights.is_own)
    and (
      user_id = (select nullif(current_setting('daybook.user', true), '')::integer)
      or (select current_setting('daybook.manages', true)) = 'all'
      or user_id in (
        select theirs.user_id from portal.user_hospitals as theirs
        where theirs.hospital_id = any ((select string_to_array(current_setting('daybook.own_hospitals', true), ','))::text[])
      )
    )
  );
create policy own_to_remove on portal.export_recipients for delete to daybook_portal
  using (user_id = (select nullif(current_setting('daybook.user', true), '')::integer));

-- What a file was made of, and that there is none, is said once. That its schedule is gone is the only news there can be of it.
create function portal.keep_export()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.schedule_id is null and to_jsonb(new) - 'schedule_id' = to_jsonb(old) - 'schedule_id' then
    return new;
  end if;
  raise exception 'Export % is % and stays as it is: make another one.', old.id, old.status
    using errcode = 'insufficient_privilege';
end
$$;
revoke all on function portal.keep_export() from public;
create trigger keep_export before update on portal.export_log
  for each row when (old.status in ('finished', 'failed', 'refused')) execute function portal.keep_export();
