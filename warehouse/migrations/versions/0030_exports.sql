-- Exports: every file that left, files that the worker makes and keeps, templates of people, and schedules by mail.

-- Never written: the log below takes its place.
drop table portal.exports;

-- What is made again and again, and who gets it. Each recipient's copy is made under that recipient's rights.
create table portal.export_schedules (
  id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  name text not null check (btrim(name) <> '' and length(name) <= 100 and name !~ '[[:cntrl:]]'),
  entity_type text not null,
  export_type text not null check (export_type in ('csv', 'xlsx', 'pdf')),
  filters jsonb not null default '{}',
  fields text[] not null default '{}',
  rhythm text not null check (rhythm in ('weekly', 'monthly')),
  next_due date not null,
  created_at timestamptz not null,
  ended_at timestamptz
);
comment on column portal.export_schedules.next_due is 'Business date from which the next copies are made, of the week or month that is over by then.';
comment on column portal.export_schedules.ended_at is 'When it was switched off, by its owner or an administrator.';
create index export_schedules_due on portal.export_schedules (next_due) where ended_at is null;
create index export_schedules_user on portal.export_schedules (user_id);

create table portal.export_recipients (
  schedule_id bigint not null references portal.export_schedules (id) on delete cascade,
  user_id integer not null references portal.users (id) on delete cascade,
  primary key (schedule_id, user_id)
);
create index export_recipients_user on portal.export_recipients (user_id);

create table portal.export_templates (
  id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  hospital_id text collate "C",
  name text not null check (btrim(name) <> '' and length(name) <= 100 and name !~ '[[:cntrl:]]'),
  entity_type text not null,
  export_type text not null check (export_type in ('csv', 'xlsx', 'pdf')),
  filters jsonb not null default '{}',
  fields text[] not null default '{}',
  created_at timestamptz not null
);
comment on column portal.export_templates.hospital_id is 'Everybody of this hospital may use it; null: its owner alone.';
create unique index export_templates_name on portal.export_templates (user_id, lower(name));
create index export_templates_hospital on portal.export_templates (hospital_id) where hospital_id is not null;

-- Every file: what the request calls it, and where its figures come from. A job has a row from the moment it is asked for.
create table portal.export_log (
  id bigint generated always as identity primary key,
  export_date timestamptz not null default clock_timestamp(),
  export_type text not null check (export_type in ('csv', 'xlsx', 'pdf', 'png')),
  entity_type text not null,
  date_range_start date,
  date_range_end date,
  filename text not null default '',
  file_size bigint,
  user_id integer not null references portal.users (id) on delete cascade,
  filters jsonb not null default '{}',
  fields text[] not null default '{}',
  hospital_ids text[] not null default '{}',
  providers jsonb,
  build_id bigint,
  row_count bigint,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  status text not null default 'finished' check (status in ('waiting', 'running', 'finished', 'failed', 'refused')),
  problem text,
  rows_expected bigint,
  rows_done bigint not null default 0,
  finished_at timestamptz,
  is_kept boolean not null default false,
  has_patients boolean,
  schedule_id bigint references portal.export_schedules (id) on delete set null,
  check (status <> 'finished' or (file_size is not null and sha256 is not null and filename <> '')),
  check ((problem is not null) = (status in ('failed', 'refused')))
);
comment on table portal.export_log is 'Files that were made of figures: for whom, of what, and their checksum.';
comment on column portal.export_log.export_date is 'When it was asked for.';
comment on column portal.export_log.providers is 'Hospital and id of each provider that its reader was linked to when it was made; null: not bound to any.';
comment on column portal.export_log.is_kept is 'Whether its content is in export_chunks: it can be loaded again.';
comment on column portal.export_log.has_patients is 'Whether it has ids of patients: then it is never attached to a mail. Null until it is made.';
create index export_log_user on portal.export_log (user_id, id desc);
create index export_log_date on portal.export_log (export_date);
create index export_log_unfinished on portal.export_log (id) where status in ('waiting', 'running');
create index export_log_schedule on portal.export_log (schedule_id) where schedule_id is not null;

-- The content of a kept file, piece by piece, so that neither making nor reading it needs memory for the whole.
create table portal.export_chunks (
  export_id bigint not null references portal.export_log (id) on delete cascade,
  number integer not null check (number >= 0),
  content bytea not null,
  primary key (export_id, number)
);

alter table portal.mails add column export_id bigint references portal.export_log (id) on delete set null;
comment on column portal.mails.export_id is 'The file that goes with it.';
create index mails_export on portal.mails (export_id) where export_id is not null;
