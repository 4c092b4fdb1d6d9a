"""The portal as an attacker sees it: every address of the URL map with ids that exist, and people of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from portal.permissions import ROLE_PERMISSIONS
from portal.security.declare import wants_fresh
from tests.portal import world

IDS: dict[str, Any] = {
    "patient_id": "P01", "invoice_id": "I11", "run_id": 1, "user_id": 1, "number": 1, "batch": 1, "active": 1,
    "format": "csv", "filename": "icon.svg", "token": "x", "figure": "receivables",
}  # fmt: skip
# What a view needs before it looks at anything else.
NEEDED = {
    "api_v1.patients.search": {"q": "P01"},
    "api_v1.export.export": {"reportType": "write-offs"},
    "write_off_batches.preview": {"minDaysOverdue": "0"},
    "contacts.ask": {"hospitalId": "H1"},
    "patients.history": {"hospitalId": "H1"},
    "patients.export": {"hospitalId": "H1"},
    "api_v1.patients.history": {"hospitalId": "H1"},
    "outstanding.detail": {"hospitalId": "H1"},
    "outstanding.export_invoice": {"hospitalId": "H1"},
    "patient_statements.show": {"hospitalId": "H1"},
    "compensation.report": {"hospitalId": "H1", "providerId": "D1", "month": "2026-03"},
    "write_off_batches.export": {"hospitalId": "H1", "minDaysOverdue": "0", "maxAmount": "99"},
    "financial_reports.export": {"part": "aging"},
}
PERIOD = {"startDate": "2026-01-01", "endDate": "2026-03-31"}


@dataclass
class Target:
    """The portal, and a browser of a user of each role (``<role>@clinic.org``), signed in when first asked for."""

    app: Flask
    _browsers: dict[str, FlaskClient] = field(default_factory=dict)

    @classmethod
    def with_people(cls) -> Target:
        """Return the portal on the database of ``DATABASE_URL`` with a user of every role at hospital H1, and write-off 1."""
        # Guessing is put off elsewhere: here it would only hide what comes after it.
        app = world.make_app(LOCKOUT_FAILURES=10_000, LOCKOUT_ADDRESS_FAILURES=10_000)
        for role in ROLE_PERMISSIONS:
            world.add_user(app, role, providers=["D1"])
        target = cls(app)
        body = {"invoiceId": "I11", "amount": "1.00", "reason": "agreed", "category": "OTHER"}
        assert target.send("accountant", "POST", "/api/v1/financial-reports/write-offs", body).status_code == 201
        target.keep_file()
        return target

    def keep_file(self) -> None:
        """Let the super_admin have a kept file, number 1."""
        form = {"entity": "write-offs", "format": "csv", "hospitalId": "H1", "keep": "yes"}
        assert self.post("super_admin", "/exports", **form).status_code == 302
        made = self.app.test_cli_runner().invoke(args=["export-jobs", "make", "1"])
        assert made.output.startswith("Made export 1"), made.output

    def browser(self, role: str) -> FlaskClient:
        """Return the browser of ``role``'s user."""
        if role not in self._browsers:
            self._browsers[role] = world.sign_in(self.app, f"{role}@clinic.org")
        return self._browsers[role]

    def form_token(self, role: str) -> str:
        """Return what a form of ``role``'s user has to carry."""
        return str(self.browser(role).get("/api/v1/me").json["data"]["csrfToken"])

    def post(self, role: str, address: str, /, **form: Any) -> TestResponse:
        """Send a form as ``role``'s user."""
        return self.browser(role).post(address, data={"csrf_token": self.form_token(role)} | form)

    def send(self, role: str, method: str, address: str, body: Any) -> TestResponse:
        """Send JSON as ``role``'s user."""
        headers = {"X-CSRFToken": self.form_token(role)}
        return self.browser(role).open(address, method=method, json=body, headers=headers)

    def readable(self, wanted: Callable[[Rule], bool] = lambda _: True) -> Iterator[Rule]:
        """Yield the routes that are read with GET, without the login's own."""
        for rule in self.app.url_map.iter_rules():
            ours = rule.endpoint != "static" and not rule.endpoint.startswith("security.")
            if ours and "GET" in (rule.methods or ()) and wanted(rule):
                yield rule

    def files(self) -> Iterator[Rule]:
        """Yield the routes that answer with a file to save: what wants a fresh session to be read is one, and no page."""
        return self.readable(lambda rule: wants_fresh(self.app, rule.endpoint))

    def file(self, rule: Rule, kind: str, **more: Any) -> tuple[str, TestResponse]:
        """Get a file as the super_admin with those of the usual parameters that its route takes; return where, and the answer."""
        wanted = {} if "format" in rule.arguments else {"format": kind}
        usual = {"currency": "USD"}
        for given in (usual | wanted | PERIOD, usual | wanted, wanted, usual, {}):
            address = f"{self.address(rule, format=kind)}?{query(rule, **given | more)}"
            answer = self.browser("super_admin").get(address, buffered=True)
            if answer.status_code == 200:
                break
        return address, answer

    def address(self, rule: Rule, **ids: Any) -> str:
        """Return the address of a route, without a query; an id of a kind that is not known here is one of nothing."""
        usual = {name: 1 if isinstance(kind, IntegerConverter) else "0" * 32 for name, kind in rule._converters.items()}
        with self.app.test_request_context():
            return str(self.app.url_for(rule.endpoint, **{name: (usual | IDS | ids)[name] for name in rule.arguments}))

    def parameters(self, rule: Rule) -> list[str]:
        """Return the names of the parameters that a route reads from the address, as the API describes them.

        A page reads those of the API for the same figures, and more: it is given all names that there are.
        """
        document = self.browser("super_admin").get("/api/v1/openapi.json").json
        described = {
            path: [item["name"] for item in methods["get"].get("parameters", ()) if item["in"] == "query"]
            for path, methods in document["paths"].items()
            if "get" in methods
        }
        plain = rule.rule.replace("<int:", "{").replace("<path:", "{").replace("<", "{").replace(">", "}")
        everything = {name for names in described.values() for name in names}
        return sorted(
            described.get(plain, everything | {"who", "action", "resource", "resourceId", "hospital", "next"})
        )


def query(rule: Rule, **more: Any) -> str:
    """Return the query of a usual request, with ``more``."""
    asked = NEEDED.get(rule.endpoint, {}) | more
    return urlencode(asked, doseq=True)
