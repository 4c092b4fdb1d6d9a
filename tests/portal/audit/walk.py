"""Every request that the portal answers, made from its URL map: what is new is covered, or asks how it is to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.api.v1.parameters import REPORT_TYPES
from portal.security import PUBLIC, demands
from portal.security.declare import is_recorded
from portal.services import tokens
from tests.portal import world
from tests.portal.billing_audit import logs
from tests.portal.billing_audit.test_case_decisions import billed_key
from tests.portal.billing_audit.test_disputes import send
from tests.portal.reports_world import add_identity
from warehouse.engine import connect

NOW = datetime.now(UTC)
_VALUES: dict[str, Any] = {
    "patient_id": "P01", "invoice_id": "I01", "run_id": 1, "user_id": 2, "filename": "icon.svg", "token": "x", "number": 1,
    "batch": 1, "figure": "receivables",
}  # fmt: skip
_PERIOD = "startDate=2026-01-01&endDate=2026-03-31&hospitalId=H1"
_QUERIES = {
    "api_v1.patients.search": "q=P01&hospitalId=H1", "write_offs.new": "invoiceId=I01&hospitalId=H1",
    "saved_views.new": "view=/staff/reports/revenue", "financial_reports.export": f"{_PERIOD}&part=aging",
    **dict.fromkeys(["compensation.month", "compensation.report"], "hospitalId=H1&providerId=D1&month=2026-03"),
    **dict.fromkeys(
        [
            *(f"api_v1.breakdowns.{name}" for name in ("departments", "doctors", "payers")),
            *(f"api_v1.{name}.show" for name in ("collection_rate", "tax_summary", "cash_receipts", "roll_forward")),
            "api_v1.credits.show", "api_v1.kpis.show", "api_v1.write_offs.summary",
        ],
        _PERIOD,
    ),
}  # fmt: skip
_CASES = ("case_", "billing_audit", "api_v1.billing_audit", "api_v1.disputes", "statements")
FORMATS = ("csv", "xlsx", "pdf")


@dataclass
class Portal:
    """The portal on a world of its own: browsers of two super_admins, and people who do something for once."""

    app: Flask
    boss: FlaskClient = field(init=False)
    other: FlaskClient = field(init=False)
    doctor: FlaskClient = field(init=False)
    keys: dict[str, str] = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        """Make users, a request that waits, and an identity."""
        self.app.config["CLOCK"] = lambda: NOW
        add_identity("H1", "P01", first_name="Maria", last_name="Muster", phone="555 010 2030")
        self.boss = self.somebody("super_admin")[1]
        self.other = self.somebody("super_admin")[1]
        self.request()  # number 1: what addresses show
        self.keep_file()
        email = world.add_user(self.app, "provider", ["H1"], "doctor@clinic.org", ["D1"])
        self.doctor = world.sign_in(self.app, email)
        logs.import_log(self.doctor)
        self.keys = {"show": logs.key_of(self.doctor, "T77"), "billed": billed_key(self.doctor, "T7")}
        self.keys["new"] = self.keys["show"]
        send(self.doctor, logs.key_of(self.doctor, "T3"))  # number 1

    def browser(self, endpoint: str) -> FlaskClient:
        """The browser of somebody who has what is asked for."""
        return self.doctor if endpoint.startswith(_CASES) else self.boss

    def csrf(self, client: FlaskClient | None = None) -> str:
        """A form's token of a browser."""
        return world.csrf_token((client or self.boss).get("/account").text)

    def request(self) -> int:
        """Let somebody ask for a write-off; return its number."""
        body = {"invoiceId": "I06", "hospitalId": "H1", "amount": "0.50", "reason": "test", "category": "OTHER"}
        headers = {"X-CSRFToken": self.csrf(self.other)}
        answer = self.other.post("/api/v1/financial-reports/write-offs", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return int(answer.json["data"]["id"])

    def keep_file(self) -> None:
        """Let the super_admin have a file that is kept: number 1, what addresses show."""
        form = {"csrf_token": self.csrf(), "entity": "write-offs", "format": "csv", "hospitalId": "H1", "keep": "yes"}
        answer = self.boss.post("/exports", data=form)
        assert answer.status_code == 302, answer.text
        result = self.app.test_cli_runner().invoke(args=["export-jobs", "make", "1"])
        assert result.output.startswith("Made export 1"), result.output

    def somebody(self, role: str = "viewer") -> tuple[str, FlaskClient]:
        """A new user who is signed in."""
        self.made += 1
        email = world.add_user(self.app, role, email=f"somebody{self.made}@clinic.org")
        return email, world.sign_in(self.app, email)

    def user_id(self, email: str) -> int:
        """The number of a user."""
        return int(_scalar("select id from portal.users where email = %s", email))

    def token(self, email: str) -> int:
        """The number of a new API token of a user."""
        with self.app.app_context():
            tokens.create(email, 1, NOW, by="test")
        return int(_scalar("select max(id) from portal.api_tokens"))

    def reset_link(self, email: str) -> str:
        """The address of a new password for a user who asked for one."""
        client = self.app.test_client()
        page = client.get("/new-password").text
        client.post("/new-password", data={"email": email, "csrf_token": world.csrf_token(page)})
        found = re.search(
            r"(/new-password/\S+)", _scalar("select body from portal.mails order by mail_id desc limit 1")
        )
        assert found
        return found[1]

    def no_run_waits(self) -> None:
        """Forget the runs that were asked for."""
        with connect("owner") as owner:
            owner.execute("delete from ops.run_requests")
            owner.execute("set local search_path to jobs")
            owner.execute("delete from procrastinate_jobs")


def _scalar(query: str, *values: str) -> Any:
    with connect("owner") as owner:
        return owner.execute(query, values).fetchall()[0][0]


def shown(portal: Portal) -> list[Rule]:
    """Return the routes that show something to who is signed in, on record."""
    return [
        rule
        for rule in portal.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and is_recorded(portal.app, rule.endpoint) and not is_public(portal, rule)
    ]


def is_public(portal: Portal, rule: Rule) -> bool:
    """Return whether anybody may open a route."""
    return demands(portal.app, rule.endpoint) == (PUBLIC,)


def addresses(portal: Portal, rule: Rule) -> Iterator[str]:
    """Yield what to get of a route: as it is, or every report and format of an export."""
    values = {name: _VALUES[name] for name in rule.arguments - {"format", "key"}}
    if "key" in rule.arguments:
        values["key"] = portal.keys[rule.endpoint.rpartition(".")[2]]
    formats = [{"format": name} for name in FORMATS] if "format" in rule.arguments else [{}]
    query = _QUERIES.get(rule.endpoint, "hospitalId=H1")
    queries = [query]
    if rule.endpoint == "api_v1.export.export":
        queries = [f"{_PERIOD}&reportType={name}&format={form}" for name in REPORT_TYPES for form in ("csv", "xlsx")]
        queries.append(f"{_PERIOD}&reportType=revenue&format=pdf")
    elif rule.rule.endswith("/export"):
        queries = [f"{query}&format={form}" for form in FORMATS]
    for form in formats:
        with portal.app.test_request_context():
            address = portal.app.url_for(rule.endpoint, **values, **form)
        yield from (f"{address}?{one}" for one in queries)


def is_slow(address: str) -> bool:
    """Return whether the answer is laid out for seconds before it can be recorded."""
    return "pdf" in address
