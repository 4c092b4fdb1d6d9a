-- A closed month: what was issued for it, and what the ledger knew then. Written once, for all roles and the owner alike.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_etl') then
    create role daybook_etl nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'daybook_portal') then
    create role daybook_portal nologin noinherit;
  end if;
end
$$;

-- The build is named, not referenced: a close outlives it.
create table ops.period_closes (
  close_id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  month date not null check (extract(day from month) = 1),
  closed_at timestamptz not null,
  closed_by text not null,
  build_id bigint not null,
  known_at timestamptz not null,
  unique (hospital_id, month)
);
comment on column ops.period_closes.known_at is 'Instant of the build whose figures were issued.';

create table ops.period_close_figures (
  close_id bigint not null references ops.period_closes (close_id),
  currency text not null,
  figure text not null,
  amount numeric(18, 3) not null,
  primary key (close_id, currency, figure)
);

-- The newest version of each raw table that the build saw: what came later is told apart by it, whatever day it is booked on.
create table ops.period_close_versions (
  close_id bigint not null references ops.period_closes (close_id),
  source_table text not null,
  last_version_id bigint not null,
  primary key (close_id, source_table)
);

create function ops.refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'A closed month is written once: %.% takes no %.', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end
$$;
revoke all on function ops.refuse_change() from public;

create trigger written_once before update or delete or truncate on ops.period_closes
  for each statement execute function ops.refuse_change();
create trigger written_once before update or delete or truncate on ops.period_close_figures
  for each statement execute function ops.refuse_change();
create trigger written_once before update or delete or truncate on ops.period_close_versions
  for each statement execute function ops.refuse_change();

-- They hold money of a hospital, so they are closed by policies like marts.
alter table ops.period_closes enable row level security;
alter table ops.period_close_figures enable row level security;
alter table ops.period_close_versions enable row level security;
create policy pipeline on ops.period_closes to daybook_etl using (true) with check (true);
create policy pipeline on ops.period_close_figures to daybook_etl using (true) with check (true);
create policy pipeline on ops.period_close_versions to daybook_etl using (true) with check (true);
create policy hospital_of_portal on ops.period_closes for select to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy hospital_of_portal on ops.period_close_figures for select to daybook_portal
  using (close_id in (select closes.close_id from ops.period_closes as closes));
create policy hospital_of_portal on ops.period_close_versions for select to daybook_portal
  using (close_id in (select closes.close_id from ops.period_closes as closes));
