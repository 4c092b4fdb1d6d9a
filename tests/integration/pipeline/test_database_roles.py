"""What each login of the database must not do, tried; and what nobody decided about fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pipeline import builds
from pipeline.builds import Build
from tests.conftest import fresh_database
from tests.integration.pipeline.logins import Logins, logins
from warehouse.engine import connect

_PORTAL_MAY_WRITE: dict[str, set[str]] = {
    "ops.run_requests": {"INSERT"},
    "portal.audit_log": {"INSERT"},
    "portal.api_tokens": {"INSERT", "UPDATE"},
    "portal.case_log_decisions": {"INSERT", "UPDATE"},
    "portal.export_chunks": {"INSERT", "DELETE"},
    "portal.export_log": {"INSERT"},
    "portal.export_recipients": {"INSERT", "DELETE"},
    "portal.export_schedules": {"INSERT"},
    "portal.export_templates": {"INSERT", "DELETE"},
    "portal.dispute_steps": {"INSERT"},
    "portal.disputes": {"INSERT", "UPDATE"},
    "portal.imported_statements": {"INSERT"},
    "portal.follow_ups": {"INSERT"},
    "portal.forecast_snapshots": {"INSERT", "UPDATE"},
    "portal.idempotency_keys": {"INSERT", "UPDATE"},
    "portal.mails": {"INSERT"},
    "portal.saved_views": {"INSERT", "DELETE"},
    "portal.user_case_log": {"INSERT", "UPDATE"},
    "portal.users": {"INSERT", "UPDATE"},
    "portal.write_off_decisions": {"INSERT"},
    "portal.write_offs": {"INSERT", "UPDATE"},
}  # fmt: skip
_PORTAL_OWNS = {
    f"portal.{name}"
    for name in ("case_log_uploads", "ended_sessions", "filing_limits", "request_counts", "roles_users", "sign_in_failures",
                 "user_hospitals", "user_providers")
}  # fmt: skip
_PORTAL_MAY_NOT_READ = {
    "portal.mails",
    "ops.gate_results",
}  # and raw, landing, quarantine, phi, staging, intermediate, candidate
_CALLED = {
    "phi.find_patients(text,bytea,text[],integer)", "phi.find_patients(text[],bytea[],text[],integer)",
    "phi.reveal_contact(bigint)", "portal.export_schedule_rights()",
}  # fmt: skip
# Functions that work with their owner's rights: each was looked at for what a caller can make it do.
_DEFINERS = {*_CALLED, "ops.analyze_raw(text[])", "ops.note_audit_head()", "portal.withhold_files()"}
_NOT_OURS = "n.nspname !~ '^(pg_|information_schema)'"
_RIGHTS = f"""
    select n.nspname || '.' || c.relname, array_agg(privilege) filter (where has_table_privilege(%s, c.oid, privilege))
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace,
         unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
    where c.relkind in ('r', 'v', 'm', 'p', 'f') and {_NOT_OURS} group by 1
"""
_ANY_LOGIN_MAY_NOT = (
    "create table public.mine (id int)", "create schema mine", "create temporary table mine (id int)",
    "create function public.mine() returns int language sql as 'select 1'", "create extension dblink",
    "create role mine", "set role daybook_etl", "set role daybook_phi", "set session authorization daybook_etl",
    "alter role daybook_analyst superuser", "select * from pg_shadow", "select * from pg_authid",
    "select pg_read_file('/etc/passwd')", "select pg_ls_dir('/')", "copy (select 1) to '/tmp/mine'",
    "copy (select 1) to program 'cat'", "create table pg_temp.mine (id int)", "select lo_create(0)", "select lo_creat(1)",
    "select lo_from_bytea(0, 'x')", "select lo_import('/etc/passwd')", "set log_statement = 'none'",
    "set session_replication_role = 'replica'", "set row_security = off; table ops.analyst_hospitals",
    "alter database {database} set daybook.hospitals = 'H1'", "do language plpython3u $$ pass $$", "select * from raw.invoices",
    "select * from phi.patients", "select * from phi.search_tokens", "select * from quarantine.invoices",
    "select * from landing.phi_fields_1", "select * from staging.stg_invoices", "select * from public.alembic_version",
)  # fmt: skip
_PORTAL_MAY_NOT = (
    "update portal.audit_log set outcome = 'denied'", "delete from portal.audit_log", "truncate portal.audit_log",
    "alter table portal.audit_log disable trigger all", "drop table portal.audit_log",
    "delete from portal.audit_anchors", "insert into portal.audit_anchors select 1, '', 1, now(), ''",
    "insert into marts_b1.outstanding_payments select * from marts_b1.outstanding_payments",
    "delete from marts_b1.fct_invoices", "update ops.builds set state = 'live'", "update ops.publishing set held = false",
    "delete from portal.export_log", "delete from portal.forecast_snapshots", "delete from portal.idempotency_keys",
    "delete from portal.users", "table ops.gate_results", "delete from portal.role_grants",
    "delete from portal.write_off_decisions", "delete from portal.write_offs", "select body from portal.mails",
    "update portal.follow_ups set note = null", "update portal.dispute_steps set amount = 1",
    "update portal.dispute_steps set note = null", "update portal.imported_statements set gross_pay = 1",
    "update portal.export_log set user_id = 1", "update portal.export_log set filters = '{}'",
    "update portal.export_schedules set filters = '{}'", "delete from portal.export_schedules",
    "update portal.export_recipients set user_id = 1", "update portal.export_templates set filters = '{}'",
    "update portal.contact_reveals set requested_in = '3'", "update portal.roles set name = 'x'",
    "alter table portal.write_off_decisions disable row level security", "set role daybook_analyst",
    "drop policy hospital_of_portal on portal.write_offs", "insert into ops.analyst_hospitals values ('try_analyst', 'H1')",
)  # fmt: skip
_ANALYST_MAY_NOT = (
    "select * from portal.users", "select * from portal.audit_log", "select * from ops.gate_results",
    "select * from ops.etl_process_status", "select * from jobs.procrastinate_jobs", "set role daybook_portal",
    "delete from marts.fct_invoices", "delete from marts_b1.fct_invoices", "insert into ops.analyst_hospitals values ('x', 'H1')",
    "update ops.analyst_hospitals set hospital_id = 'H1'", "select * from ops.business_dates",
    "select run_id from ops.builds", "select pg_advisory_lock(1)", "select pg_try_advisory_xact_lock(7340010, 1)",
    "alter view marts.fct_invoices set (security_invoker = false)", "drop policy hospital_of_analyst on marts_b1.fct_invoices",
    "select phi.find_patients('name', '', array['H2'], 1)", "select phi.reveal_contact(1)", "select ops.analyze_raw('{}')",
    "create view marts.mine as select 1", "select * from candidate.fct_invoices",
)  # fmt: skip


@pytest.fixture(scope="module")
def tried(server: str, published_template: str) -> Iterator[Logins]:
    """Logins for a warehouse with a published build of H1 and H2, and what a run leaves on its way."""
    for _ in fresh_database(server, published_template):
        with logins() as found:
            yield found


def _rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connect("owner") as owner:
        return owner.execute(query, values or None).fetchall()


def _rights(role: str) -> dict[str, set[str]]:
    return {name: set(rights or ()) for name, rights in _rows(_RIGHTS, role)}


def test_each_table_gives_the_portal_what_was_decided(tried: Logins) -> None:
    wrong = {}
    for name, found in _rights("try_portal").items():
        schema = name.partition(".")[0]
        reads = (schema in ("ops", "portal") or schema.startswith("marts_b")) and name not in _PORTAL_MAY_NOT_READ
        decided = _PORTAL_MAY_WRITE.get(name, set()) | ({"SELECT"} if reads else set())
        if schema == "jobs" or name in _PORTAL_OWNS:
            decided = {"SELECT", "INSERT", "UPDATE", "DELETE"}
        if found != decided:
            wrong[name] = found ^ decided
    assert wrong == {}


def test_each_table_gives_an_analyst_what_was_decided(tried: Logins) -> None:
    reads = {name for name, found in _rights("try_analyst").items() if found}
    others = {name for name in reads if not name.startswith(("marts.", "marts_b1."))}
    assert others == {"ops.analyst_hospitals"}
    assert {name for name, found in _rights("try_analyst").items() if found - {"SELECT"}} == set()
    assert len(reads) > 60
    columns = _rows("select attname from pg_attribute where attrelid = 'ops.builds'::regclass and attnum > 0"
                    " and has_column_privilege('try_analyst', attrelid, attnum, 'SELECT')")  # fmt: skip
    assert {name for (name,) in columns} == {"build_id", "state"}
    assert {name for name, found in _rights("try_nobody").items() if found} == set()


def test_each_function_is_called_by_those_it_is_for(tried: Logins) -> None:
    query = (
        "select p.oid::regprocedure::text, p.prosecdef, p.proowner::regrole::text, coalesce(p.proconfig, '{}'),"
        " has_schema_privilege('try_portal', n.oid, 'USAGE') and has_function_privilege('try_portal', p.oid, 'EXECUTE'),"
        " has_schema_privilege('try_analyst', n.oid, 'USAGE') and has_function_privilege('try_analyst', p.oid, 'EXECUTE'),"
        " has_schema_privilege('try_nobody', n.oid, 'USAGE') and has_function_privilege('try_nobody', p.oid, 'EXECUTE')"
        f" from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace where {_NOT_OURS} and n.nspname <> 'jobs'"
    )
    found = {row[0]: row[1:] for row in _rows(query)}
    assert {name for name, row in found.items() if row[0]} == _DEFINERS
    assert {name for name, row in found.items() if row[0] and 'search_path=""' not in row[2]} == set()
    assert {name for name, row in found.items() if row[3]} == _CALLED
    assert {name for name, row in found.items() if row[4] or row[5]} == set()
    superusers = {name for (name,) in _rows("select rolname from pg_roles where rolsuper or rolbypassrls")}
    assert {name for name in _CALLED if found[name][1] in superusers} == set()
    assert not _rows("select 1 from pg_roles where rolname ~ '^daybook_' and (rolcanlogin or rolsuper or rolbypassrls)")


@pytest.mark.parametrize("login", ["try_portal", "try_analyst", "try_nobody"])
def test_what_no_login_may_do(tried: Logins, login: str) -> None:
    (database,) = _rows("select current_database()")[0]
    refusals = {one: tried.refusal(login, one.replace("{database}", database)) for one in _ANY_LOGIN_MAY_NOT}
    assert {one for one, refused in refusals.items() if refused is None} == set()
    # A misspelt statement would be refused for ever.
    assert set(refusals.values()) <= {"InsufficientPrivilege", "UndefinedTable", "UndefinedObject", "InvalidSchemaName"}
    by = {one: refused for one, refused in refusals.items() if refused != "InsufficientPrivilege"}
    assert set(by) <= {
        "do language plpython3u $$ pass $$",
        "select * from landing.phi_fields_1",
        "select * from staging.stg_invoices",
    }


@pytest.mark.parametrize(("login", "statements"), [("try_portal", _PORTAL_MAY_NOT), ("try_analyst", _ANALYST_MAY_NOT)])
def test_what_this_login_may_not_do(tried: Logins, login: str, statements: tuple[str, ...]) -> None:
    refusals = {one: tried.refusal(login, "set daybook.hospitals = 'H1,H2'", one) for one in statements}
    missing = {"UndefinedTable", "InvalidSchemaName"} if login == "try_analyst" else set()
    assert {one: by for one, by in refusals.items() if by not in {"InsufficientPrivilege", *missing}} == {}


def test_no_setting_shows_an_analyst_another_hospital(tried: Logins) -> None:
    query = (
        "select c.relnamespace::regnamespace || '.' || c.relname from pg_class as c"
        " join pg_attribute as a on a.attrelid = c.oid and a.attname = 'hospital_id'"
        " where c.relnamespace::regnamespace::text ~ '^marts' and c.relkind in ('r', 'v')"
    )
    tables = [name for (name,) in _rows(query)]
    seen: dict[str, set[str]] = {}
    with tried.open("try_analyst") as analyst:
        analyst.execute("set daybook.hospitals = 'H1,H2'")
        analyst.execute("select set_config('daybook.login', 'try_portal', false), set_config('role', 'none', false)")
        for table in tables:
            seen[table] = {name for (name,) in analyst.execute(f"select distinct hospital_id from {table}").fetchall()}
        guessed = analyst.execute(
            "select count(*) from pg_stats where schemaname ~ '^marts_b' and attname = 'hospital_id'"
        ).fetchone()
        queries = analyst.execute(
            "select count(*) from pg_stat_activity where usename <> current_user and query !~ 'insufficient privilege|^$'"
        ).fetchone()
    assert {table for table, hospitals in seen.items() if not hospitals <= {"H2"}} == set()
    assert seen["marts.fct_invoices"] == {"H2"} and len(seen) > 60
    assert (guessed, queries) == ((0,), (0,))


def test_the_portals_functions_keep_to_the_hospitals_of_the_transaction(tried: Logins) -> None:
    with connect("owner") as owner:
        owner.execute("select set_config('daybook.hospitals', 'H1,H2', true)")
        tokens = owner.execute(
            "select hospital_id, kind, token from phi.search_tokens where hospital_id = 'H1'"
        ).fetchall()
        asked = owner.execute(
            "insert into portal.users (email, password, fs_uniquifier) values ('x@y.org', '', 'x') returning id"
        ).fetchall()[0][0]
        number = owner.execute(
            "insert into portal.contact_reveals (user_id, hospital_id, patient_id, reason) values (%s, 'H1', 'P1', 'refund')"
            " returning reveal_id",
            [asked],
        ).fetchall()[0][0]
    assert tokens
    with tried.open("try_portal") as portal:
        portal.execute("select set_config('daybook.hospitals', 'H2', true)")
        for _, kind, token in tokens:
            for call in (
                "select * from phi.find_patients(%s, %s, array['H1', 'H2'], 10)",
                "select * from phi.find_patients(array[%s], array[%s::bytea], array['H1', 'H2'], 10)",
            ):
                assert portal.execute(call, [kind, token]).fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            portal.execute("select * from phi.reveal_contact(%s)", [number])
    with tried.open("try_portal") as portal:  # it is there, for whom it is for
        portal.execute("select set_config('daybook.hospitals', 'H1', true)")
        assert len(portal.execute("select * from phi.reveal_contact(%s)", [number]).fetchall()) == 1


def test_nobody_sees_a_build_before_it_is_published_nor_one_that_was_refused(tried: Logins) -> None:
    build = Build(77, "marts_b77")
    with connect("etl") as etl:
        etl.execute("drop schema if exists candidate cascade")
        etl.execute("create schema candidate")
        etl.execute("create table candidate.t as select 1 as n")
        etl.execute("grant select on candidate.t to daybook_portal, daybook_analyst")  # as dbt does
        etl.execute(
            "insert into ops.builds (build_id, run_id, schema_name, state, instant, fingerprint)"
            " values (77, 1, 'marts_b77', 'building', now(), 'x')"
        )
        etl.commit()
        for login in ("try_analyst", "try_portal"):
            assert tried.refusal(login, "select * from candidate.t") == "InsufficientPrivilege"
        builds.make_ready(etl, build)
        etl.commit()
        for login in ("try_analyst", "try_portal"):
            assert tried.refusal(login, "select * from marts_b77.t") == "InsufficientPrivilege"
        builds.refuse_unpublished(etl)
        etl.commit()
    assert tried.refusal("try_analyst", "select * from marts_b77.t") == "UndefinedTable"
    assert tried.refusal("try_analyst", "select * from marts_b1.fct_invoices") is None
