"""Database roles and their grants, set again after every migration, so that the code is the one place to read them."""

from __future__ import annotations

from sqlalchemy import Connection, text

_ROLES = ("daybook_etl", "daybook_portal", "daybook_analyst")

_GRANTS = """
grant {etl}, {portal} to current_user;
revoke temporary on database {database} from public;
grant create, temporary on database {database} to {etl};
revoke create on schema public from public;

grant usage on schema raw, landing, quarantine, phi, ops, jobs to {etl};
grant create on schema landing to {etl};
grant select, insert, update on all tables in schema raw to {etl};
grant select, insert, delete on all tables in schema quarantine to {etl};
grant select, insert, update, delete on all tables in schema phi, ops, jobs to {etl};
revoke update, delete on ops.period_closes, ops.period_close_figures, ops.period_close_versions from {etl};
revoke insert, update, delete on ops.gate_acceptances from {etl};
grant usage, select, update on all sequences in schema raw, quarantine, ops, jobs to {etl};
grant execute on all functions in schema jobs to {etl};
grant usage on schema portal to {etl};
grant select on portal.write_off_decisions, portal.mails to {etl};
grant update (attempts, next_try_at, sent_at, failed_at, last_error) on portal.mails to {etl};
grant select (id, email, active) on portal.users to {etl};
grant select (id, filename, export_type, status), update (status, problem, finished_at) on portal.export_log to {etl};
grant select on portal.export_chunks to {etl};
-- What portal.export_schedule_rights(), which is this role's, looks at.
grant select (id, user_id) on portal.export_schedules to {etl};
grant select on portal.export_recipients, portal.user_hospitals to {etl};

grant usage on schema ops to {analyst};
grant select (build_id, state) on ops.builds to {analyst};
grant select on ops.analyst_hospitals to {analyst};

grant usage on schema ops, portal, jobs to {portal};
grant select on all tables in schema ops to {portal};
revoke select on ops.gate_results from {portal};
grant insert on ops.run_requests to {portal};
grant usage on sequence ops.run_id_seq to {portal};
grant select, insert, update, delete on all tables in schema jobs to {portal};
grant usage, select, update on all sequences in schema jobs to {portal};
grant execute on all functions in schema jobs to {portal};
grant select, insert, update, delete on all tables in schema portal to {portal};
grant usage, select on all sequences in schema portal to {portal};
revoke all on portal.audit_log, portal.audit_anchors, portal.role_grants from {portal};
grant select, insert on portal.audit_log to {portal};
grant select on portal.audit_anchors, portal.role_grants to {portal};
revoke update, delete on portal.write_off_decisions, portal.follow_ups from {portal};
revoke insert, update, delete on portal.contact_reveals from {portal};
grant insert (user_id, hospital_id, patient_id, reason, reference) on portal.contact_reveals to {portal};
revoke select, update, delete on portal.mails from {portal};
revoke insert, update, delete on portal.roles from {portal};
revoke update on portal.saved_views from {portal};
-- What leaves after its time is the purge's to delete, and what was decided or sent stays.
revoke delete on portal.users, portal.api_tokens, portal.write_offs, portal.export_log, portal.export_schedules,
  portal.forecast_snapshots, portal.idempotency_keys, portal.user_case_log, portal.case_log_decisions, portal.disputes,
  portal.dispute_steps, portal.imported_statements from {portal};
revoke update on portal.export_chunks, portal.export_templates, portal.export_recipients, portal.export_schedules,
  portal.saved_views, portal.dispute_steps, portal.imported_statements, portal.export_log from {portal};
grant update (undone_by, undone_at) on portal.dispute_steps to {portal};
grant update (ended_by, ended_at) on portal.imported_statements to {portal};
grant update (next_due, ended_at) on portal.export_schedules to {portal};
-- Who asked for a file, when, and of what is never changed; the rest is filled in as the file is made.
grant update (
  status, problem, finished_at, rows_expected, rows_done, is_kept, filename, file_size, row_count, sha256, build_id,
  date_range_start, date_range_end, hospital_ids, providers, has_patients
) on portal.export_log to {portal};

-- Row policies hold who owns a table, too, but for what the pipeline may: the owner's login has its role.
do $do$
declare
  own regclass;
begin
  for own in
    select oid from pg_class
    where relrowsecurity and not relforcerowsecurity and relnamespace in ('ops'::regnamespace, 'portal'::regnamespace)
      and oid <> 'ops.analyst_hospitals'::regclass  -- nothing is altered twice: it would wait for every reader
  loop
    execute 'alter table ' || own || ' force row level security';
    execute 'drop policy if exists pipeline on ' || own;
    execute 'create policy pipeline on ' || own || ' to {etl} using (true) with check (true)';
  end loop;
end
$do$;

-- Anybody with a login could fill the disk with large objects, or hold the lock of the audit log or of runs: only who needs them.
-- (A server of a provider, whose owner is no superuser, keeps these as they are, with a warning.)
do $do$
declare
  called text;
begin
  for called in
    select oid::regprocedure from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace
      and (proname ~ '^pg_(try_)?advisory_' or proname in ('lo_creat', 'lo_create', 'lo_from_bytea'))
  loop
    execute 'revoke execute on function ' || called || ' from public';
    if called ~ 'advisory' then
      execute 'grant execute on function ' || called || ' to {etl}, {portal}';
    end if;
  end loop;
end
$do$;
"""


def grant(connection: Connection) -> None:
    """Create the group roles that are missing and set every grant. Needs a role that may create roles the first time."""
    for role in _ROLES:
        exists = connection.execute(text("select 1 from pg_roles where rolname = :role"), {"role": role}).scalar()
        if not exists:
            connection.execute(text(f"create role {role} nologin noinherit"))
    database: str = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    names = {"etl": "daybook_etl", "portal": "daybook_portal", "analyst": "daybook_analyst", "database": database}
    cursor = connection.connection.cursor()
    cursor.execute(_GRANTS.format(**names).replace("%", "%%"))
