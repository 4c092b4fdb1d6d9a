-- Users, roles, tokens, the audit log and the history of exports: what the portal writes.

create table portal.roles (
  id integer generated always as identity primary key,
  name text not null unique,
  description text not null
);

insert into portal.roles (name, description) values
  ('viewer', 'Revenue and aging totals'),
  ('patient_accounts', 'Patient search, payment history, outstanding invoices'),
  ('accountant', 'Financial reports, exports, write-off requests'),
  ('hospital_admin', 'Write-off decisions, ETL, audit log and users of its hospitals'),
  ('provider', 'Own compensation'),
  ('practice_manager', 'Compensation of the listed providers'),
  ('analyst', 'De-identified marts and definitions'),
  ('auditor', 'Audit log and its verification'),
  ('super_admin', 'Everything, every hospital');

create table portal.users (
  id integer generated always as identity primary key,
  email text not null check (email = lower(email)),
  password text not null,
  active boolean not null default true,
  fs_uniquifier text not null unique,
  created_at timestamptz not null default clock_timestamp(),
  last_login_at timestamptz,
  current_login_at timestamptz,
  last_login_ip text,
  current_login_ip text,
  login_count integer not null default 0
);
create unique index users_email on portal.users (email);

create table portal.roles_users (
  user_id integer not null references portal.users (id) on delete cascade,
  role_id integer not null references portal.roles (id),
  primary key (user_id, role_id)
);

-- The hospitals of a user: the tenants whose rows it sees. super_admin needs none. A comma would split the setting that row policies read.
create table portal.user_hospitals (
  user_id integer not null references portal.users (id) on delete cascade,
  hospital_id text collate "C" not null check (hospital_id <> '' and position(',' in hospital_id) = 0),
  primary key (user_id, hospital_id)
);

create table portal.user_providers (
  user_id integer not null references portal.users (id) on delete cascade,
  hospital_id text collate "C" not null,
  provider_id text collate "C" not null,
  primary key (user_id, hospital_id, provider_id)
);

-- Only a keyed hash of a token is kept: reading this table opens nothing.
create table portal.api_tokens (
  id integer generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  token_hash bytea not null unique,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index api_tokens_user on portal.api_tokens (user_id);

-- Append-only for the portal (warehouse/roles.py) and hash-chained: id and hash are given under one lock.
create table portal.audit_log (
  id bigint primary key,
  timestamp timestamptz not null,
  user_id text not null,
  action text not null,
  resource_type text not null,
  resource_id text,
  outcome text not null check (outcome in ('started', 'success', 'denied', 'failed')),
  status_code integer,
  hospital_ids text[] not null default '{}',
  ip_address inet,
  user_agent text,
  request_id text,
  details jsonb not null default '{}',
  old_values jsonb,
  new_values jsonb,
  prev_hash bytea,
  hash bytea not null
);
create index idx_audit_user on portal.audit_log (user_id, timestamp);
create index idx_audit_timestamp on portal.audit_log (timestamp);
create index idx_audit_action on portal.audit_log (action, timestamp);

-- Exports that were made: started before the first byte leaves, finished with rows, size and checksum.
create table portal.exports (
  id bigint generated always as identity primary key,
  user_id integer not null references portal.users (id) on delete cascade,
  report_type text not null,
  format text not null check (format in ('csv', 'xlsx', 'pdf')),
  filters jsonb not null default '{}',
  hospital_ids text[] not null default '{}',
  build_id bigint,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  row_count bigint,
  byte_count bigint,
  sha256 text
);
create index exports_user on portal.exports (user_id, started_at desc);

-- What was refused and why, with its money: never row data. Owned by the migrating role, so that the portal reads
-- the sums of schema quarantine without any right to its rows.
do $$
declare
  parts text;
begin
  select string_agg(
    format(
      'select run_id, source_name, %L::text as table_name, hospital_id, reasons, amount from quarantine.%I',
      tablename, tablename
    ),
    ' union all ' order by tablename
  )
  into parts
  from pg_tables
  where schemaname = 'quarantine' and tablename <> 'row_template';
  execute format(
    'create view ops.quarantine_reasons as
      select run_id, source_name, table_name, hospital_id, reason,
             count(*) as row_count, coalesce(sum(amount), 0)::numeric(24, 3) as amount
      from (%1$s) as rejected, unnest(reasons) as reason
      group by run_id, source_name, table_name, hospital_id, reason',
    parts
  );
  execute format(
    'create view ops.quarantine_totals as
      select run_id, table_name, hospital_id,
             count(*) as row_count, coalesce(sum(amount), 0)::numeric(24, 3) as amount
      from (%1$s) as rejected
      group by run_id, table_name, hospital_id',
    parts
  );
end
$$;
