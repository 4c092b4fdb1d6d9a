-- Statements as people confirmed them. The file that one was read from is not kept.
create table portal.imported_statements (
  id bigint generated always as identity primary key,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  month date not null check (extract(day from month) = 1),
  gross_pay numeric(18, 3) not null check (gross_pay >= 0),
  commission numeric(18, 3) not null check (commission >= 0),
  bonus numeric(18, 3) not null check (bonus >= 0),
  deductions numeric(18, 3) not null check (deductions >= 0),
  read_from text not null check (read_from in ('csv', 'xlsx', 'pdf', 'typed')),
  imported_by integer not null references portal.users (id),
  imported_at timestamptz not null,
  ended_by integer references portal.users (id),
  ended_at timestamptz,
  check (commission + bonus <= gross_pay),
  check ((ended_by is null) = (ended_at is null))
);
comment on table portal.imported_statements is 'What a month''s statement says; the newest that is not ended counts, unless the source delivers one.';
comment on column portal.imported_statements.ended_at is 'When another took its place, or it was withdrawn.';
create unique index imported_statements_one on portal.imported_statements (hospital_id, provider_id, month) where ended_at is null;

alter table portal.imported_statements enable row level security;
create policy hospital_of_portal on portal.imported_statements to daybook_portal
  using (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')))
  with check (hospital_id = any (string_to_array(current_setting('daybook.hospitals', true), ',')));
