"""GET /api/v1/financial-reports/revenue/by-*: figures of the hand-checked world, every line accounted for, every refusal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
URL = "/api/v1/financial-reports/revenue"
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
WAYS = ["by-department", "by-doctor", "by-payer"]


def _body(client: FlaskClient, way: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"{URL}/{way}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def _figures(items: list[dict[str, Any]]) -> dict[str, tuple[str, int, str]]:
    return {item["name"]: (item["revenue"], item["invoiceCount"], item["percentage"]) for item in items}


def test_billed_by_department_with_what_nobody_can_attribute(client: SignIn) -> None:
    body = _body(client("accountant"), "by-department", **JANUARY)
    # I01 and I03 are cardiology's, I02 is laboratory's by its appointment. Nobody knows whose I04, I06, I08, I12 and I17
    # are: 100 + 120 + 100 + 100 + 90. I07 was cancelled without a date: neither its money nor itself counts.
    assert body["data"] == [
        {"id": "CARD", "hospitalId": "H1", "name": "Cardiology", "code": "C", "revenue": "200.00",
         "refundedAmount": "0.00", "invoiceCount": 2, "percentage": "24.69"},
        {"id": "LAB", "hospitalId": "H1", "name": "Laboratory", "code": "L", "revenue": "100.00",
         "refundedAmount": "0.00", "invoiceCount": 1, "percentage": "12.35"},
        {"id": "unattributed", "hospitalId": None, "name": "Unattributed", "code": None, "revenue": "510.00",
         "refundedAmount": "0.00", "invoiceCount": 5, "percentage": "62.96"},
    ]  # fmt: skip
    meta = body["meta"]
    assert (meta["totalRevenue"], meta["basis"], meta["counted"], meta["currency"]) == (
        "810.00", "billed", "invoices", "USD",
    )  # fmt: skip
    assert meta["filters"] == JANUARY


def test_departments_with_nothing_are_there_with_0_and_shares_of_nothing_are_0(client: SignIn) -> None:
    december = {"startDate": "2025-12-01", "endDate": "2025-12-31"}
    assert _figures(_body(client("accountant"), "by-department", **december)["data"]) == {
        "Cardiology": ("0.00", 0, "0.00"), "Laboratory": ("0.00", 0, "0.00"), "Unattributed": ("600.00", 2, "100.00"),
    }  # fmt: skip
    years_ago = {"startDate": "2019-01-01", "endDate": "2019-12-31"}
    assert _figures(_body(client("accountant"), "by-department", **years_ago)["data"]) == {
        "Cardiology": ("0.00", 0, "0.00"), "Laboratory": ("0.00", 0, "0.00"),
    }  # fmt: skip


def test_collected_by_department_counts_payments_and_shows_what_was_given_back(client: SignIn) -> None:
    body = _body(client("accountant"), "by-department", **QUARTER, basis="collected")
    found = {
        item["name"]: (item["revenue"], item["refundedAmount"], item["invoiceCount"], item["percentage"])
        for item in body["data"]
    }
    assert found == {
        "Cardiology": ("140.00", "0.00", 2, "14.66"),
        "Laboratory": ("100.00", "100.00", 1, "10.47"),
        "Unattributed": ("715.00", "75.50", 8, "74.87"),
    }
    assert (body["meta"]["totalRevenue"], body["meta"]["refundedAmount"], body["meta"]["counted"]) == (
        "955.00", "175.50", "payments",
    )  # fmt: skip


def test_doctors_by_falling_revenue_with_specialization(client: SignIn) -> None:
    body = _body(client("accountant"), "by-doctor", **JANUARY)
    assert [(item["name"], item["code"], item["specialization"], item["revenue"], item["percentage"])
            for item in body["data"]] == [
        ("Dr One", "D1", "Cardiology", "200.00", "24.69"),
        ("Dr Two", "D2", None, "100.00", "12.35"),
        ("Unattributed", None, None, "510.00", "62.96"),
    ]  # fmt: skip
    assert (body["meta"]["otherDoctors"], body["meta"]["otherRevenue"]) == (0, "0.00")


def test_a_limit_leaves_out_doctors_but_no_money(client: SignIn) -> None:
    body = _body(client("accountant"), "by-doctor", **JANUARY, limit="1")
    assert _figures(body["data"]) == {"Dr One": ("200.00", 2, "24.69"), "Unattributed": ("510.00", 5, "62.96")}
    meta = body["meta"]
    assert (meta["otherDoctors"], meta["otherRevenue"], meta["totalRevenue"]) == (1, "100.00", "810.00")


@pytest.mark.parametrize(
    ("query", "insurance", "self_pay"),
    [
        # Of 1,000 the insurer paid 600 and had 200 taken off; the patient paid 150 and owes 50, and another one 10.
        ({}, ("800.00", 1, "79.21"), ("210.00", 2, "20.79")),
        ({"split": "invoice"}, ("1000.00", 1, "99.01"), ("10.00", 1, "0.99")),
        ({"basis": "collected"}, ("600.00", 1, "80.00"), ("150.00", 1, "20.00")),
        ({"basis": "collected", "split": "invoice"}, ("750.00", 2, "100.00"), ("0.00", 0, "0.00")),
    ],
)
def test_insurance_and_self_pay(
    client: SignIn, query: dict[str, str], insurance: tuple[str, int, str], self_pay: tuple[str, int, str]
) -> None:
    body = _body(client("accountant_h2"), "by-payer", **QUARTER, **query)
    assert _figures(body["data"]) == {"Insurance": insurance, "Self-Pay": self_pay}
    assert body["meta"]["split"] == query.get("split", "payer")


def test_payers_stand_below_their_group(client: SignIn) -> None:
    insurance, self_pay = _body(client("accountant_h2"), "by-payer", **QUARTER)["data"]
    assert insurance["payers"] == [
        {"name": "AOK", "code": "AOK", "payerClass": "insurance", "revenue": "800.00", "refundedAmount": "0.00",
         "invoiceCount": 1, "percentage": "79.21"}
    ]  # fmt: skip
    assert [(payer["name"], payer["code"], payer["revenue"]) for payer in self_pay["payers"]] == [
        ("Patients", None, "210.00")
    ]
    empty = _body(client("accountant"), "by-payer", **QUARTER)["data"][0]
    assert (empty["name"], empty["revenue"], empty["payers"]) == ("Insurance", "0.00", [])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("basis", ["billed", "collected"])
def test_every_way_adds_up_to_the_revenue_report(client: SignIn, way: str, basis: str) -> None:
    accountant = client("accountant")
    body = _body(accountant, way, **QUARTER, basis=basis)
    whole = accountant.get("/api/v1/reports/revenue", query_string=QUARTER | {"basis": basis}).json["data"]
    assert sum(Decimal(item["revenue"]) for item in body["data"]) == Decimal(whole["totalRevenue"])
    assert sum(Decimal(item["refundedAmount"]) for item in body["data"]) == Decimal(whole["refundedAmount"])
    assert body["meta"]["totalRevenue"] == whole["totalRevenue"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, ["startDate", "endDate"]),
        ({"startDate": "2026-01-01"}, ["endDate"]),
        (JANUARY | {"endDate": "2025-12-31"}, ["endDate"]),
        (JANUARY | {"startDate": "January"}, ["startDate"]),
        (JANUARY | {"basis": "earned"}, ["basis"]),
        (JANUARY | {"currency": "EUR"}, ["currency"]),
        (JANUARY | {"department": "CARD"}, ["department"]),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, way: str, query: dict[str, str], fields: list[str]) -> None:
    answer = client("accountant").get(f"{URL}/{way}", query_string=query)
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == fields


@pytest.mark.parametrize(
    ("way", "query", "field"),
    [
        ("by-doctor", {"limit": "0"}, "limit"),
        ("by-doctor", {"limit": "501"}, "limit"),
        ("by-department", {"limit": "5"}, "limit"),
        ("by-payer", {"split": "claim"}, "split"),
        ("by-department", {"split": "payer"}, "split"),
    ],
)
def test_a_parameter_of_one_way_is_named(client: SignIn, way: str, query: dict[str, str], field: str) -> None:
    answer = client("accountant").get(f"{URL}/{way}", query_string=JANUARY | query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


@pytest.mark.parametrize("way", WAYS)
def test_currencies_hospitals_and_permissions(client: SignIn, way: str) -> None:
    refused = client("accountant_both").get(f"{URL}/{way}", query_string=JANUARY)
    assert (refused.status_code, refused.json["error"]["fields"]["currency"][-8:]) == (400, "EUR, USD")
    euros = _body(client("accountant_both"), way, **JANUARY, currency="EUR")
    assert (euros["meta"]["totalRevenue"], euros["meta"]["currency"]) == ("1010.00", "EUR")
    assert "Cardiology" not in _figures(euros["data"])  # a department of a hospital that bills in dollars
    assert client("accountant").get(f"{URL}/{way}", query_string=JANUARY | {"hospitalId": "H2"}).status_code == 404
    for name in ("viewer", "patient_accounts"):
        assert client(name).get(f"{URL}/{way}", query_string=JANUARY).status_code == 403
