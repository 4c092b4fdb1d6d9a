"""Every relation that tells hospitals apart is parted for the portal's login: by row policies, or by the view that it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import fresh_database
from tests.integration.pipeline.logins import Logins, logins
from warehouse.engine import connect

# Views of the migrating role: policies of their tables do not hold in them, they leave out rows themselves.
_VIEWS = {"ops.gate_outcomes", "ops.quarantine_reasons", "ops.quarantine_rows", "ops.quarantine_totals"}
# Read whole, and why.
_OPEN = {
    "ops.business_dates": "which hospitals there are, and their day: read to decide what a request may read",
    "portal.user_hospitals": "who belongs where: read to decide what a request may read, and by who looks after users",
    "portal.user_providers": "who is linked to whom: the same",
}
# What is of all hospitals together, and for who sees everything.
_OF_ALL = {"ops.alerts", "ops.run_tables"}
_RELATIONS = """
    select c.oid::regclass::text, c.relkind = 'v', row_security_active(c.oid), coalesce(array_agg(distinct p.polcmd::text)
      filter (where 'daybook_portal'::regrole::oid = any (p.polroles)), '{}'), c.relforcerowsecurity,
      array_agg(distinct a.attname::text) filter (where a.attname in ('hospital_id', 'hospital_ids')) is not null
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and not a.attisdropped and a.attnum > 0
    left join pg_policy as p on p.polrelid = c.oid
    where c.relkind in ('r', 'v', 'm', 'p') and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
      and has_schema_privilege(c.relnamespace, 'usage') and has_any_column_privilege(c.oid, 'select')
    group by c.oid
"""
_MARKED = {  # a row of each hospital and one of none, in each table that is read through a policy or a view
    "ops.gate_results": "(run_id, stage, gate, hospital_id, passed, message, failing_keys) values"
    " (1, 'landed', 'g', {0}, false, {1}, jsonb_build_array(jsonb_build_object('hospital_id', {0}::text)))",
    "quarantine.invoices": "(run_id, batch_id, source_name, hospital_id, file, reasons, amount) values"
    " (1, 1, {1}, {0}, 'f', array[{1}], 77.125)",
    "portal.audit_log": "(id, timestamp, user_id, action, resource_type, outcome, hospital_ids, details, hash) values"
    " ((select coalesce(max(id), 0) + 1 from portal.audit_log), now(), {1}, 'view', 'x', 'success',"
    " array_remove(array[{0}::text], null), jsonb_build_object('marked', {1}), '')",
    "portal.write_offs": "(hospital_id, source_name, invoice_id, currency, amount, category, reason, requested_by) values"
    " ({0}, 'main', 'I1', 'USD', 1, 'OTHER', {1}, (select min(id) from portal.users))",
    "portal.contact_reveals": "(user_id, hospital_id, patient_id, reason) values"
    " ((select min(id) from portal.users), {0}, {1}, 'refund')",
    "portal.case_log_decisions": "(hospital_id, provider_id, case_key, kind, billed_keys, decided_by, decided_at) values"
    " ({0}, {1}, 'k', 'split', array[gen_random_uuid()], (select min(id) from portal.users), now())",
    "portal.case_log_uploads": "(hospital_id, provider_id, user_id, file_name, checksum, rows_read, created_at) values"
    " ({0}, {1}, (select min(id) from portal.users), 'f', '', 0, now())",
    "portal.user_case_log": "(upload_id, hospital_id, provider_id, row_no, case_key, case_date, patient_ticket, created_at)"
    " values ((select max(id) from portal.case_log_uploads), {0}, {1}, (select count(*) from portal.user_case_log), md5('k'),"
    " now(), 'T', now())",
    "portal.forecast_snapshots": "(created_date, forecast_date, predicted_amount, model_used, hospital_id, measure, currency,"
    " based_on, months_ahead, build_id) values (now(), '2026-02-01', 1, 'm', {0}, 'billed', {1}, '2026-01-01', 1, 1)",
    "ops.period_closes": "(hospital_id, month, closed_at, closed_by, build_id, known_at) values"
    " ({0}, '2020-01-01', now(), {1}, 1, now())",
}  # fmt: skip
_HAVE_NONE = {"ops.gate_results", "quarantine.invoices", "portal.audit_log"}


@pytest.fixture(scope="module")
def tried(server: str, published_template: str) -> Iterator[Logins]:
    """Logins for a published build of H1 and H2, with rows of H1, H2 and none that say so in every relation."""
    for _ in fresh_database(server, published_template):
        with logins() as found, connect("owner") as owner:
            owner.execute("insert into portal.users (email, password, fs_uniquifier) values ('x@y.org', '', 'x')")
            for table, columns in _MARKED.items():
                for hospital in ("H1", "H2", *([None] if table in _HAVE_NONE else [])):
                    given = [f"'{hospital}'" if hospital else "null", f"'of {hospital}'"]
                    owner.execute(f"insert into {table} {columns.format(*given)}")
            owner.execute("insert into ops.alerts (incident, kind, message) values ('i', 'failure', 'of H1 and H2')")
            owner.commit()
            yield found


def _scope(connection: psycopg.Connection[Any], hospitals: str, everything: str = "") -> None:
    connection.execute(
        "select set_config('daybook.hospitals', %s, true), set_config('daybook.everything', %s, true)",
        [hospitals, everything],
    )


def _relations(login: psycopg.Connection[Any]) -> dict[str, tuple[bool, bool, set[str], bool, bool]]:
    rows = login.execute(_RELATIONS).fetchall()
    return {name: (view, active, set(for_), forced, has) for name, view, active, for_, forced, has in rows}


def test_every_relation_of_hospitals_has_a_policy_for_the_portal_or_a_reason(tried: Logins) -> None:
    with tried.open("try_portal") as portal:
        found = _relations(portal)
    of_hospitals = {name: row for name, row in found.items() if row[4] and name not in _OPEN}
    views = {name for name, row in of_hospitals.items() if row[0]}
    assert views == _VIEWS
    parted = {name: row for name, row in of_hospitals.items() if name not in views}
    assert len(parted) > 40
    assert {
        name for name, (_, active, commands, _, _) in parted.items() if not active or not commands & {"r", "*"}
    } == {
        "ops.analyst_hospitals"  # its own policy: nothing of it but what is the login's
    }
    # Marts are the pipeline's, which is to read them whole; what the migrating role owns it must not read by being the owner.
    assert {name for name, row in parted.items() if not name.startswith("marts_b") and not row[3]} == {
        "ops.analyst_hospitals"
    }
    assert {name for name in _OF_ALL if not found[name][1] or not found[name][3]} == set()
    assert set(_OPEN) <= set(found)


def test_a_setting_is_read_once_for_a_query(tried: Logins) -> None:
    with tried.open("try_portal") as portal:
        relations = [name for name, row in _relations(portal).items() if row[4] or name in _OF_ALL]
        plans = {name: str(portal.execute(f"explain select * from {name}").fetchall()) for name in relations}
    # What stands in a scan's filter is worked out for every row; a scalar subquery once, before the first. Some tables are small.
    once = {name for name in relations if name.startswith("marts_b")} | _VIEWS | _OF_ALL | {"portal.audit_log"}
    assert {name for name in once if "current_setting" in plans[name]} == set()
    assert {name for name, plan in plans.items() if "InitPlan" in plan} >= {
        "portal.audit_log",
        "marts_b1.outstanding_payments",
    }
    with connect("owner") as owner:  # the same, looked for where it is not so
        owner.execute(
            "create policy slow on ops.alerts to daybook_portal using (current_setting('daybook.everything', true) = 'on')"
        )
        owner.execute("set local role daybook_portal")
        plan = str(owner.execute("explain select * from ops.alerts").fetchall())
        owner.rollback()
    assert "current_setting" in plan


def test_no_relation_shows_the_portal_a_row_of_another_hospital(tried: Logins) -> None:
    with tried.open("try_portal") as portal:
        relations = [name for name, row in _relations(portal).items() if row[4] and name not in _OPEN] + sorted(_OF_ALL)
        seen: dict[str, dict[str, str]] = {}
        for hospitals in ("", "H1", "H2"):
            _scope(portal, hospitals)
            seen[hospitals] = {name: _text(portal, name) for name in relations}
        _scope(portal, "H1,H2", "on")
        everything = {name: _text(portal, name) for name in relations}
    # The refused row of no hospital is counted for everybody, and a gate over all of them is named; see below what of it.
    told = {"ops.quarantine_totals", "ops.gate_outcomes"}
    assert {name for name, text in seen[""].items() if text} == told
    for own, other in (("H1", "H2"), ("H2", "H1")):
        assert {name for name, text in seen[own].items() if f'"{other}"' in text or f"of {other}" in text} == set()
        assert {name for name, text in seen[own].items() if "of None" in text} == set()
    for name in sorted(_VIEWS - {"ops.quarantine_totals"}) + [name for name in _MARKED if name.startswith("portal.")]:
        assert "of H1" in seen["H1"][name] and "of H2" in seen["H2"][name], name
        assert {"of H1", "of H2"} <= set(_said(everything[name])), name
    assert {name for name in _OF_ALL if seen["H1"][name] or not everything[name]} == set()
    assert all("of None" in everything[name] for name in ("ops.quarantine_rows", "portal.audit_log"))


def _text(portal: psycopg.Connection[Any], name: str) -> str:
    rows = portal.execute(f"select coalesce(string_agg(to_jsonb(t)::text, '\n'), '') from {name} as t").fetchone()
    return str(rows[0]) if rows else ""


def _said(text: str) -> list[str]:
    return [word for word in ("of H1", "of H2", "of None") if word in text]


def test_rows_whose_hospital_is_unknown_are_counted_and_no_more(tried: Logins) -> None:
    query = "select row_count, amount from ops.quarantine_totals where run_id = 1 and hospital_id is null"
    with tried.open("try_portal") as portal:
        _scope(portal, "H1")
        assert portal.execute(query).fetchall() == [(1, None)]
        assert portal.execute("select * from ops.quarantine_rows where hospital_id is null").fetchall() == []
        _scope(portal, "H1,H2", "on")
        assert [str(amount) for _, amount in portal.execute(query).fetchall()] == ["77.125"]


def test_a_gate_over_all_hospitals_tells_each_its_own_keys(tried: Logins) -> None:
    with connect("owner") as owner:
        owner.execute(
            "insert into ops.gate_results (run_id, stage, gate, passed, message, observed, accepted_reason, failing_keys)"
            """ values (1, 'landed', 'all', false, 'I7 of H2', '{"rows": 9}', 'H2 knows',"""
            """ '[{"hospital_id": "H1", "n": 1}, {"hospital_id": "H2", "n": 2}, {"n": 3}]')"""
        )
    query = "select message, observed, accepted_reason, failing_keys from ops.gate_outcomes where gate = 'all'"
    with tried.open("try_portal") as portal:
        _scope(portal, "H1")
        assert portal.execute(query).fetchall() == [
            ("not passed over all hospitals together", {}, "by a person", [{"hospital_id": "H1", "n": 1}])
        ]
        _scope(portal, "H1,H2", "on")
        assert [len(row[3]) for row in portal.execute(query).fetchall()] == [3]
    assert (
        tried.refusal("try_portal", "set daybook.everything = 'on'", "table ops.gate_results")
        == "InsufficientPrivilege"
    )


def test_records_are_added_for_any_hospital_and_read_by_the_own_ones(tried: Logins) -> None:
    add = (
        "insert into portal.audit_log (id, timestamp, user_id, action, resource_type, outcome, hospital_ids, hash)"
        " values (%s, now(), 'u', 'login', 'x', 'success', %s, '')"
    )
    query = "select array_agg(id order by id) from portal.audit_log where id > 9000"
    with tried.open("try_portal") as portal:
        for number, hospitals in ((9001, []), (9002, ["H1"]), (9003, ["H1", "H2"]), (9004, ["H2"])):
            portal.execute(add, [number, hospitals])
        seen = {}
        for hospitals in ("", "H1", "H2"):
            _scope(portal, hospitals)
            seen[hospitals] = portal.execute(query).fetchone()
        _scope(portal, "", "on")
        everything = portal.execute(query).fetchone()
        portal.rollback()
    assert seen == {"": (None,), "H1": ([9002, 9003],), "H2": ([9003, 9004],)}
    assert everything == ([9001, 9002, 9003, 9004],)


def test_a_row_cannot_be_written_for_another_hospital(tried: Logins) -> None:
    scope = "select set_config('daybook.hospitals', 'H1', false)"
    add = (
        "insert into portal.saved_views (user_id, hospital_id, name, endpoint, query)"
        " values ((select min(id) from portal.users), {}, 'v', 'a.b', '')"
    )
    assert tried.refusal("try_portal", scope, add.format("'H1'")) is None
    assert tried.refusal("try_portal", scope, add.format("'H2'")) == "InsufficientPrivilege"
