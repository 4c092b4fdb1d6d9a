"""Every figure about balances shows the build with what was decided since, and the next build says the same."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from pipeline.transform import build_candidate
from portal import builds
from portal.analytics.periods import DateRange
from portal.models import db
from portal.queries import ledger
from portal.queries.accounting import roll_forward
from portal.queries.aging import aging, aging_page
from portal.queries.key_figures import key_figures_page
from portal.queries.open_items import AgingFilter
from portal.queries.outstanding import OutstandingFilter, outstanding_page, outstanding_sum
from portal.queries.patients import described, matching
from tests.portal.reports_world import PUBLISH
from tests.portal.write_offs.desk import Desk
from tests.warehouse.world import BUSINESS_DATE
from warehouse.engine import connect

_INVOICES = ("I01", "I02", "I06", "I09", "I12", "I16", "I17")
_PATIENTS = ("P01", "P02", "P06", "P09", "P16")


def _shown(name: str = "H1") -> dict[str, Any]:
    """Every balance that a page or the API shows of the hospital."""
    with db.engine.begin() as connection:
        builds.pin_newest(connection, (name,))
        filters = {
            "today": AgingFilter("USD", BUSINESS_DATE, own_dates=True),
            "that day": AgingFilter("USD", BUSINESS_DATE),
            "the day before": AgingFilter("USD", BUSINESS_DATE - timedelta(1)),
            "as known": AgingFilter("USD", BUSINESS_DATE, known_at=BUSINESS_DATE),
            "as known before": AgingFilter("USD", BUSINESS_DATE, known_at=BUSINESS_DATE - timedelta(1)),
            "oldest first": AgingFilter("USD", BUSINESS_DATE, allocation="oldest"),
        }
        shown = {what: _aging(connection, asked) for what, asked in filters.items()}
        for what, day in (("outstanding", None), ("outstanding then", date(2026, 3, 31)), ("before", date(2026, 3, 1))):
            asked = OutstandingFilter("USD", day)
            shown[what] = (
                asdict(outstanding_sum(connection, asked)),
                [asdict(row) for row in outstanding_page(connection, asked, 1, 500)],
            )
        invoices = [each for number in _INVOICES for each in ledger.invoices(connection, number)]
        shown["invoices"] = {each.invoice_id: each.balance for each in invoices}
        shown["events"] = {
            each.invoice_id: sorted(
                (e.event_type, e.amount, e.effective_date)
                for e in ledger.events(connection, each.invoice_key, BUSINESS_DATE)
            )
            for each in invoices
        }
        shown["roll forward"] = roll_forward(connection, DateRange(date(2025, 12, 1), BUSINESS_DATE), "USD")
        figures = key_figures_page(connection, DateRange(date(2025, 12, 1), BUSINESS_DATE), "USD", 1, 500)
        shown["key figures"] = {(each.month, each.metric): each for each in figures}
        found = [ref for number in _PATIENTS for ref in matching(connection, number)]
        shown["patients"] = {row.patient_id: row.balances for row in described(connection, found)}
        return shown


def _aging(connection: Connection, asked: AgingFilter) -> dict[str, Any]:
    report = aging(connection, asked)
    rows = [asdict(row) for row in aging_page(connection, asked, 1, 500)]
    assert sum(row["amount_due"] for row in rows) == report.outstanding
    return {
        "buckets": [asdict(bucket) for bucket in report.buckets], "credits": report.credits,
        "counts": (report.invoice_count, report.detail_count), "rows": rows,
    }  # fmt: skip


def _rebuild() -> None:
    """Build and publish again what landed, with every decision."""
    with connect("owner") as connection:
        connection.execute(
            "insert into ops.builds (run_id, schema_name, state, instant, fingerprint)"
            " select run_id, 'marts_b2', 'building', instant, 'again' from ops.builds where build_id = 1"
        )
        connection.execute(
            "insert into ops.business_dates (build_id, hospital_id, business_date, history_from)"
            " select (select max(build_id) from ops.builds), hospital_id, business_date, history_from"
            " from ops.business_dates where build_id = 1"
        )
        connection.execute(
            "insert into ops.build_decisions select (select max(build_id) from ops.builds), decision_id"
            " from portal.write_off_decisions"
        )
        connection.execute("update ops.builds set state = 'previous' where state = 'live'")
        connection.commit()
    build_candidate()
    with connect("owner") as connection:
        connection.execute(PUBLISH.replace("marts_b1", "marts_b2"))
        connection.commit()


def test_what_is_shown_is_what_the_next_build_says(desk: Desk) -> None:
    before = _shown()
    for invoice, amount in (("I06", "20"), ("I09", "200"), ("I16", "70"), ("I01", "60"), ("I17", "0.01")):
        desk.decide(desk.ask(invoice, amount))
    taken_back = desk.ask("I02", "40")
    desk.decide(taken_back)
    desk.decide(desk.take_back(taken_back))
    shown = _shown()
    for same in ("the day before", "as known before", "before"):
        assert shown[same] == before[same], same
    for changed in (
        "today",
        "that day",
        "as known",
        "oldest first",
        "outstanding",
        "outstanding then",
        "invoices",
        "patients",
        "roll forward",
        "key figures",
    ):
        assert shown[changed] != before[changed], changed
    owed = [sum(bucket["amount"] for bucket in each["today"]["buckets"]) for each in (before, shown)]
    assert owed[0] - owed[1] == Decimal("350.01")

    _rebuild()
    again = _shown()
    for what, figures in shown.items():
        assert again[what] == figures, what
