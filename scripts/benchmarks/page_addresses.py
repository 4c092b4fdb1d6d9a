"""Every page and endpoint of the portal, from its own map of addresses, and with which ids and filters it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from portal.permissions import ROLE_PERMISSIONS
from portal.security import PUBLIC, SIGNED_IN, demands
from portal.security.declare import is_recorded
from scripts.benchmarks.page_warehouse import Examples

# Files are streamed or laid out: nobody waits in front of them as before a page.
_FILE = re.compile(r"/export(\.csv)?$|/exports/.*(<format>|/file)$|/(statement|report|rejects\.csv)$|\.png$")
_OF_A_YEAR = re.compile(
    r"/(api/v1/)?financial-reports(/(?!ar-aging|write-offs$).*)?$|/(accounting|collections|tax)(/.*)?$"
)


@dataclass(frozen=True)
class Opened:
    """What to open, of which route, and the permissions that it needs."""

    route: str
    address: str
    needs: tuple[str, ...]

    def is_open_to(self, role: str) -> bool:
        """Return whether people of ``role`` may see it."""
        return set(self.needs) <= {*ROLE_PERMISSIONS[role], SIGNED_IN}


def every_address(app: Flask, known: Examples, end: date) -> tuple[list[Opened], list[str]]:
    """Return what to open of each route that shows something to who is signed in.

    Args:
        app: the portal.
        known: ids.
        end: business date; reports are asked for the year up to it.

    Returns:
        What to open, by route, and the routes that need something which only people make (write-offs, logs, disputes).
    """
    found: list[Opened] = []
    left_out: list[str] = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or demands(app, rule.endpoint) == (PUBLIC,):
            continue
        if _FILE.search(rule.rule) or not is_recorded(app, rule.endpoint):  # what is not recorded shows nothing
            continue
        values = _values(rule, known)
        if set(rule.arguments) - set(values):
            left_out.append(rule.rule)
            continue
        asked: dict[str, Any] = values | _filters(rule, known, end)
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **asked)
        found.append(Opened(rule.rule, address, demands(app, rule.endpoint)))
    return sorted(found, key=lambda one: one.route), sorted(left_out)


def revenue_ranges(end: date) -> list[str]:
    """Return addresses of the revenue report: page and endpoint, of a month to all three years, in days to months."""
    spans = [("day", 31), ("day", 366), ("week", 366), ("month", 366), ("week", 3 * 366), ("month", 3 * 366)]
    asked = [f"startDate={end - timedelta(days=days)}&endDate={end}&granularity={step}" for step, days in spans]
    return [f"{page}?{one}" for page in ("/api/v1/reports/revenue", "/staff/reports/revenue") for one in asked]


def _values(rule: Rule, known: Examples) -> dict[str, Any]:
    values = {
        "patient_id": known.patient[1], "invoice_id": known.invoice[1], "run_id": known.run_id, "user_id": known.user_id,
        "figure": "receivables",
    }  # fmt: skip
    return {name: value for name, value in values.items() if name in rule.arguments}


def _filters(rule: Rule, known: Examples, end: date) -> dict[str, str]:
    if "patient_id" in rule.arguments:
        return {"hospitalId": known.patient[0]}
    if "invoice_id" in rule.arguments:
        return {"hospitalId": known.invoice[0]}
    if _OF_A_YEAR.match(rule.rule):
        return {"startDate": (end - timedelta(days=365)).isoformat(), "endDate": end.isoformat()}
    own = {
        "api_v1.patients.search": {"q": known.patient[1]},
        "compensation.month": {"hospitalId": known.doctor[0], "providerId": known.doctor[1], "month": known.month},
        "saved_views.new": {"view": "/staff/reports/revenue"},
        "write_offs.new": {"hospitalId": known.invoice[0], "invoiceId": known.invoice[1]},
    }
    return own.get(rule.endpoint, {})
