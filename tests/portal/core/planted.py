"""The portal with something of everything at hospital H1, and its ids: what nobody of H2 is to meet."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.routing import Rule

from portal.security import PUBLIC, demands
from tests.portal import world
from tests.portal.audit.walk import Portal
from warehouse.engine import connect

# Arguments that are no ids of anything at a hospital, with what stands in their place.
NO_IDS = {"format": "csv", "active": 0, "filename": "icon.svg", "token": "x", "figure": "receivables"}
WORDS = "told at H1 alone"
# What somebody of H1 keeps, by the argument that names it.
_KEPT = {
    "saved_views:number": "insert into portal.saved_views (user_id, hospital_id, name, endpoint, query)"
    " values (%s, 'H1', 'kept', 'revenue.index', '') returning id",
    "exports.forget_template:number": "insert into portal.export_templates (user_id, hospital_id, name, entity_type,"
    " export_type, created_at) values (%s, 'H1', 'kept', 'write-offs', 'csv', now()) returning id",
    "exports.end_schedule:number": "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm,"
    " next_due, created_at) values (%s, 'kept', 'write-offs', 'csv', 'weekly', '2030-01-01', now()) returning id",
    "exports.leave_schedule:number": "insert into portal.export_schedules (user_id, name, entity_type, export_type, rhythm,"
    " next_due, created_at) values (%s, 'kept', 'write-offs', 'csv', 'weekly', '2030-01-01', now()) returning id",
    "statements:number": "insert into portal.imported_statements (hospital_id, provider_id, month, gross_pay, commission,"
    " bonus, deductions, read_from, imported_by, imported_at) values ('H1', 'D1', '2025-01-01', 1, 0, 0, 0, 'typed', %s, now())"
    " returning id",
}
# What is of somebody of both hospitals: an administrator of one of them does not manage it.
_OF_BOTH = {"exports.end_schedule:number"}


@dataclass
class Planted:
    """The portal with ids of H1: by argument, or by part of the portal and argument where a name has several meanings."""

    portal: Portal
    ids: dict[str, Any]

    def value(self, rule: Rule, argument: str) -> Any:
        """Return an id of H1 for an argument of a route."""
        part = rule.endpoint.rpartition(".")[0]
        for name in (f"{rule.endpoint}:{argument}", f"{part}:{argument}", argument):
            if name in self.ids:
                return self.ids[name]
        pytest.fail(f"{rule.rule}: plant an id of H1 for <{argument}> (or say that it is none) in {__file__}")

    def address(self, rule: Rule) -> str:
        """Return the address of a route with ids of H1."""
        values = {argument: self.value(rule, argument) for argument in rule.arguments}
        with self.portal.app.test_request_context():
            return self.portal.app.url_for(rule.endpoint, **values)

    def rules(self) -> list[tuple[str, Rule]]:
        """Return every method and route that wants somebody."""
        return [
            (method, rule)
            for rule in self.portal.app.url_map.iter_rules()
            if demands(self.portal.app, rule.endpoint) != (PUBLIC,)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]


def plant() -> Planted:
    """Return the portal on the database of ``DATABASE_URL``, with what H1 has."""
    app = world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)})
    portal = Portal(app)
    user = portal.user_id(world.add_user(app, "viewer", ["H1"], "only-h1@clinic.org"))
    both = portal.user_id(world.add_user(app, "accountant", ["H1", "H2"], "of-both@clinic.org"))
    with connect("owner") as owner:
        owner.execute("update portal.write_offs set batch_id = 1, reason = %s", [WORDS])
        one = (
            "select {0} from {1} where hospital_id = 'H1' and {0} not in (select {0} from {1} where hospital_id = 'H2')"
        )
        patient, invoice = (
            owner.execute(one.format(column, f"marts_b1.{table}") + " order by 1 limit 1").fetchall()[0][0]
            for column, table in (("patient_id", "dim_patients"), ("invoice_id", "outstanding_payments"))
        )
        upload = owner.execute("select max(id) from portal.case_log_uploads").fetchall()[0][0]
        kept = {
            name: owner.execute(row, [both if name in _OF_BOTH else user]).fetchall()[0][0]
            for name, row in _KEPT.items()
        }
        owner.execute(
            "insert into portal.export_recipients values (%s, %s)", [kept["exports.end_schedule:number"], user]
        )
    ids = {
        "patient_id": patient, "invoice_id": invoice, "user_id": user, "run_id": world.add_finished_run(world.INSTANT),
        "account:number": portal.token("only-h1@clinic.org"), "write_offs:number": 1, "api_v1.write_offs:number": 1,
        "batch": 1, "case_logs:number": upload, "case_decisions:key": portal.keys["show"],
        "case_decisions.billed:key": portal.keys["billed"], "case_decisions:number": 1,
        "case_disputes:key": portal.keys["new"], "case_disputes:number": 1, "case_disputes:step": 1,
        "exports.file:number": 1, "follow_ups:number": _noted(portal), **kept,
    }  # fmt: skip
    return Planted(portal, NO_IDS | ids)


def _noted(portal: Portal) -> int:
    address = "/staff/outstanding/I06/follow-ups?hospitalId=H1"
    assert portal.boss.post(address, data={"csrf_token": portal.csrf(), "note": WORDS}).status_code == 302
    with connect("owner") as owner:
        number: int = owner.execute("select max(id) from portal.follow_ups").fetchall()[0][0]
    return number
