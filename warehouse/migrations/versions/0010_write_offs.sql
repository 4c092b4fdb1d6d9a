-- Write-offs: what was asked for, the decisions that count, and which decisions each build contains.

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

-- A request, to write off (part of) an invoice or to take an approved write-off back, and what became of it.
create table portal.write_offs (
  id bigint generated always as identity primary key,
  kind text not null default 'write_off' check (kind in ('write_off', 'reversal')),
  reverses_id bigint references portal.write_offs (id),
  hospital_id text collate "C" not null,
  source_name text collate "C" not null,
  invoice_id text collate "C" not null,
  patient_id text collate "C",
  currency text not null,
  amount numeric(18, 3) not null check (amount > 0),
  category text not null check (category in (
    'BAD_DEBT', 'CHARITY_CARE', 'CONTRACTUAL_ADJUSTMENT', 'ADMINISTRATIVE_ERROR', 'UNCOLLECTIBLE', 'DECEASED_PATIENT',
    'SMALL_BALANCE', 'OTHER'
  )),
  reason text not null check (btrim(reason) <> ''),
  notes text,
  status text not null default 'PENDING' check (status in ('PENDING', 'APPROVED', 'REJECTED', 'CANCELLED', 'REVERSED')),
  requested_by integer not null references portal.users (id),
  created_at timestamptz not null default clock_timestamp(),
  decided_by integer references portal.users (id),
  decided_at timestamptz,
  decision_notes text,
  updated_at timestamptz not null default clock_timestamp(),
  check ((kind = 'reversal') = (reverses_id is not null)),
  check ((status = 'PENDING') = (decided_at is null)),
  check ((decided_by is null) = (decided_at is null)),
  check (status not in ('APPROVED', 'REJECTED', 'REVERSED') or decided_by <> requested_by)
);
create index write_offs_hospital on portal.write_offs (hospital_id, status, created_at desc);
create index write_offs_invoice on portal.write_offs (hospital_id, invoice_id, source_name);
-- A write-off is taken back once, whoever asks at the same time.
create unique index write_offs_one_reversal on portal.write_offs (reverses_id) where status in ('PENDING', 'APPROVED');

-- An approved request as an event (method WRITE_OFF): written once, in the transaction of the approval.
create table portal.write_off_decisions (
  decision_id bigint generated always as identity primary key,
  write_off_id bigint not null unique references portal.write_offs (id),
  kind text not null check (kind in ('write_off', 'reversal')),
  reversed_decision_id bigint unique references portal.write_off_decisions (decision_id),
  hospital_id text collate "C" not null,
  source_name text collate "C" not null,
  invoice_id text collate "C" not null,
  patient_id text collate "C",
  currency text not null,
  amount numeric(18, 3) not null check (amount > 0),
  category text not null,
  requested_by integer not null,
  approved_by integer not null check (approved_by <> requested_by),
  decided_at timestamptz not null,
  effective_date date not null,
  build_id bigint not null,
  shown_at timestamptz not null,
  check ((kind = 'reversal') = (reversed_decision_id is not null))
);
comment on column portal.write_off_decisions.effective_date is 'The hospital''s local date of the approval.';
comment on column portal.write_off_decisions.shown_at is
  'Instant of the build that the approver saw: what the billing system told later may be its posting of this decision.';
create index write_off_decisions_invoice on portal.write_off_decisions (hospital_id, invoice_id, source_name);

create function portal.refuse_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception '%.% is written once and takes no %.', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end
$$;
revoke all on function portal.refuse_change() from public;
create trigger written_once before update or delete or truncate on portal.write_off_decisions
  for each statement execute function portal.refuse_change();

-- The decisions that a build contains, as a set: numbers are given before they are committed, so "up to n" would lose some.
create table ops.build_decisions (
  build_id bigint not null references ops.builds (build_id) on delete cascade,
  decision_id bigint not null references portal.write_off_decisions (decision_id),
  primary key (build_id, decision_id)
);

alter table portal.write_offs enable row level security;
alter table portal.write_off_decisions enable row level security;
create policy hospital_of_portal on portal.write_offs to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy hospital_of_portal on portal.write_off_decisions to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
create policy pipeline on portal.write_off_decisions for select to daybook_etl using (true);
