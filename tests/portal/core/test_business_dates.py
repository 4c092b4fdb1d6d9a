"""Hospitals whose business dates differ: without an as-of date each is taken at its own, in totals and in rows alike."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from warehouse.engine import connect

_TODAY, _YESTERDAY = date(2026, 3, 10), date(2026, 3, 9)
_BUCKETS = (("not_due", None, 0), ("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("91+", 91, None))
_DATES = {"H1": _TODAY, "H2": _YESTERDAY}


def _bucket(days: int) -> str:
    return next(name for name, first, last in _BUCKETS if (first or -9999) <= days <= (9999 if last is None else last))


def _owe(hospital: str, number: str, amount: str, age: int) -> None:
    """Fill the marts with an invoice that is ``age`` days late on its hospital's business date."""
    today, key = _DATES[hospital], uuid4()
    due = today - timedelta(days=age)
    same: dict[str, Any] = {"hospital_id": hospital, "currency": "USD", "payer_class": "patient"}
    invoice = same | {
        "invoice_key": key, "invoice_id": number, "patient_id": "P1", "invoice_date": due, "due_date": due, "aging_date": due,
    }  # fmt: skip
    world.fill(
        "fct_invoice_balances",
        [
            invoice
            | {
                "item_key": key,
                "instalment_no": 1,
                "balance": amount,
                "valid_from": due,
                "valid_to": date(9999, 12, 31),
            }
        ],
    )
    world.fill(
        "outstanding_payments",
        [invoice | {"instalment_no": 1, "amount_due": amount, "days_overdue": max(age, 0), "bucket": _bucket(age),
                    "payment_status": "overdue", "is_disputed": False,
                     "is_unbilled": False}],
    )  # fmt: skip
    world.fill(
        "fct_receivable_events",
        [{"hospital_id": hospital, "currency": "USD", "invoice_key": key, "item_key": key, "invoice_id": number,
          "patient_id": "P1", "event_type": "billed", "amount": amount, "effective_date": due, "booked_date": due}],
    )  # fmt: skip


def _age(hospital: str, invoices: dict[str, int]) -> None:
    """Fill the stored aging of a hospital: a row for every day on which a bucket changes, days to come among them."""
    today = _DATES[hospital]
    before = dict.fromkeys((name for name, _, _ in _BUCKETS), Decimal(0))
    for late in range(-max(invoices.values()), 40):
        now = dict.fromkeys(before, Decimal(0))
        for amount, age in invoices.items():
            if age + late >= 0:
                now[_bucket(age + late)] += Decimal(amount)
        same = {
            "hospital_id": hospital,
            "currency": "USD",
            "payer_class": "patient",
            "as_of_date": today + timedelta(late),
        }
        rows = [{"bucket": name, "amount": now[name], "invoice_count": 1} for name in now if now[name] != before[name]]
        world.fill("fct_receivables_aging", [same | row for row in rows])
        before = now


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An accountant of two hospitals; the second one's day has not ended yet."""
    with connect("owner", autocommit=True) as owner:
        owner.execute("update ops.business_dates set business_date = %s where hospital_id = 'H2'", [_YESTERDAY])
        owner.execute("update marts_b1.dim_hospitals set business_date = %s where hospital_id = 'H2'", [_YESTERDAY])
    rows = [{"bucket": name, "sort_order": place, "from_days": first, "to_days": last}
            for place, (name, first, last) in enumerate(_BUCKETS)]  # fmt: skip
    world.fill("dim_aging_buckets", rows)
    for hospital, number, amount, age in (
        ("H1", "A1", "10.01", 30), ("H1", "A2", "20.02", 31), ("H2", "B1", "400.40", 30), ("H2", "B2", "0.77", 0),
    ):  # fmt: skip
        _owe(hospital, number, amount, age)
    _age("H1", {"10.01": 30, "20.02": 31})
    _age("H2", {"400.40": 30, "0.77": 0})
    return world.sign_in(app, world.add_user(app, "accountant", ["H1", "H2"]))


def _listed(client: FlaskClient) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in client.get("/api/v1/reports/outstanding?limit=500").json["data"]:
        sums[_bucket(row["daysOverdue"])] += Decimal(row["amountDue"])
    return dict(sums)


@pytest.mark.parametrize("asked", ["", "?allocation=oldest", "?knownAt=2026-03-10"])
def test_the_buckets_of_two_business_dates_are_the_sums_of_the_rows_behind_them(
    client: FlaskClient, asked: str
) -> None:
    data = client.get(f"/api/v1/financial-reports/ar-aging{asked}").json["data"]
    buckets = {item["bucket"]: Decimal(item["amount"]) for item in data["buckets"] if Decimal(item["amount"])}
    assert buckets == {"1-30": Decimal("410.41"), "31-60": Decimal("20.02"), "not_due": Decimal("0.77")}
    assert buckets == _listed(client)
    details = {row["invoiceId"]: row["daysOverdue"] for row in data["details"]}
    assert details == {"A1": 30, "A2": 31, "B1": 30, "B2": 0}


def test_the_page_shows_the_same_sums(client: FlaskClient) -> None:
    page = client.get("/staff/outstanding").text
    assert "410.41" in page
    assert "420.42" not in page  # B1 a day older than in its hospital


def test_a_day_that_is_asked_for_is_the_same_in_both(client: FlaskClient) -> None:
    data = client.get("/api/v1/financial-reports/ar-aging?asOfDate=2026-03-10").json["data"]
    assert {item["bucket"]: item["amount"] for item in data["buckets"]}["31-60"] == "420.42"
