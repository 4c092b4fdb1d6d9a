"""Collection rate, tax, cash receipts, roll-forward, credits and key figures in the API: figures of the hand-checked world."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
URL = "/api/v1/financial-reports"
REPORTS = ["collection-rate", "tax-summary", "cash-receipts", "roll-forward", "credits", "kpis"]
JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
EVER = {"startDate": "1900-01-01", "endDate": "2200-12-31"}


def _body(client: FlaskClient, report: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"{URL}/{report}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_the_collection_rate_counts_what_came_in_until_the_business_date(client: SignIn) -> None:
    data = _body(client("accountant"), "collection-rate", **QUARTER)["data"]
    # January: 40 recovered of I12, 40 of I01, 100 each of I03 and I04 (its other 50 are a credit), 20 of I17. February: 300 less
    # the 75.50 that went back. I02's payment went back whole; the cancelled I07 and I08 were never billed.
    assert data["trend"] == [
        {"period": "2026-01-01", "partial": False, "billed": "710.00", "collected": "300.00", "contractual": "0.00",
         "invoiceCount": 7, "rate": "42.25", "netRate": "42.25"},
        {"period": "2026-02-01", "partial": False, "billed": "345.00", "collected": "224.50", "contractual": "0.00",
         "invoiceCount": 2, "rate": "65.07", "netRate": "65.07"},
        {"period": "2026-03-01", "partial": False, "billed": "200.00", "collected": "0.00", "contractual": "0.00",
         "invoiceCount": 1, "rate": "0.00", "netRate": "0.00"},
    ]  # fmt: skip
    del data["trend"]
    assert data == {
        "totalBilled": "1255.00", "totalCollected": "524.50", "totalContractual": "0.00", "invoiceCount": 10,
        "overallCollectionRate": "41.79", "netCollectionRate": "41.79",
    }  # fmt: skip


def test_the_net_rate_takes_contractual_adjustments_off_what_was_billed(client: SignIn) -> None:
    data = _body(client("accountant_h2"), "collection-rate", **JANUARY)["data"]
    assert (data["totalBilled"], data["totalCollected"], data["totalContractual"]) == ("1010.00", "750.00", "200.00")
    assert (data["overallCollectionRate"], data["netCollectionRate"]) == ("74.26", "92.59")  # of 1,010 and of 810


def test_the_trend_has_iso_weeks_empty_ones_too_in_order_and_marks_clipped_ones(client: SignIn) -> None:
    query = {"startDate": "2026-01-07", "endDate": "2026-02-03", "groupBy": "week"}
    trend = _body(client("accountant"), "collection-rate", **query)["data"]["trend"]
    assert [(step["period"], step["partial"], step["billed"], step["rate"]) for step in trend] == [
        ("2026-01-05", True, "420.00", "57.14"),  # 240 of what 10 January was billed
        ("2026-01-12", False, "0.00", "0.00"),
        ("2026-01-19", False, "90.00", "22.22"),
        ("2026-01-26", False, "300.00", "74.83"),
        ("2026-02-02", True, "45.00", "0.00"),
    ]
    days = _body(client("accountant"), "collection-rate", **JANUARY, groupBy="day")["data"]["trend"]
    assert [step["period"] for step in days] == [f"2026-01-{day:02}" for day in range(1, 32)]


def test_nothing_billed_is_a_rate_of_0_and_a_running_month_is_partial(client: SignIn) -> None:
    query = {"startDate": "2026-04-01", "endDate": "2026-04-30"}
    data = _body(client("accountant"), "collection-rate", **query)["data"]
    assert (data["totalBilled"], data["overallCollectionRate"], data["netCollectionRate"]) == ("0.00", "0.00", "0.00")
    assert [(step["period"], step["partial"]) for step in data["trend"]] == [("2026-04-01", True)]


def test_tax_by_rate(client: SignIn) -> None:
    data = _body(client("accountant"), "tax-summary", **JANUARY)["data"]
    # I01 and I08 have 5.00 on 95.00 each. The credit note of 50.00 on I10 (45.45 on 454.55) takes back a tenth of both.
    assert data["breakdown"] == [
        {"rate": "10.00", "kinds": ["derived"], "taxableAmount": "-45.46", "tax": "-4.55", "invoiceCount": 0},
        {"rate": "5.26", "kinds": ["derived"], "taxableAmount": "190.00", "tax": "10.00", "invoiceCount": 2},
        {"rate": "0.00", "kinds": ["untaxed"], "taxableAmount": "610.00", "tax": "0.00", "invoiceCount": 6},
    ]
    assert (data["totalTax"], data["totalTaxable"], data["invoiceCount"]) == ("5.46", "754.55", 8)
    march = _body(client("accountant"), "tax-summary", startDate="2026-03-01", endDate="2026-03-15")["data"]
    assert (march["totalTax"], march["invoiceCount"]) == ("-5.00", 0)  # I08, cancelled on 2 March
    listed = _body(client("accountant_h2"), "tax-summary", **JANUARY)["data"]["breakdown"]
    assert [(item["rate"], item["kinds"], item["tax"]) for item in listed] == [
        ("19.00", ["listed"], "159.66"), ("0.00", ["untaxed"], "0.00"),
    ]  # fmt: skip


def test_cash_receipts_by_day_and_method_are_the_revenue_of_the_days(client: SignIn) -> None:
    data = _body(client("accountant"), "cash-receipts", **QUARTER)["data"]
    assert data["byMethod"] == [
        {"method": "card", "received": "40.00", "refunded": "0.00", "net": "40.00", "paymentCount": 1},
        {"method": "unknown", "received": "915.00", "refunded": "175.50", "net": "739.50", "paymentCount": 10},
    ]
    assert (data["totalReceived"], data["totalRefunded"], data["net"], data["paymentCount"]) == (
        "955.00", "175.50", "779.50", 11,
    )  # fmt: skip
    lines = data["receipts"]
    assert [line["date"] for line in lines] == sorted(line["date"] for line in lines) and len(lines) == 14
    assert lines[4] == {"date": "2026-01-20", "method": "card", "received": "40.00", "refunded": "0.00", "net": "40.00",
                        "paymentCount": 1}  # fmt: skip
    back = [line for line in lines if line["date"] == "2026-03-05"]
    assert [(line["received"], line["refunded"], line["net"]) for line in back] == [("0.00", "100.00", "-100.00")]


def test_the_roll_forward_leads_from_what_was_owed_to_what_is_owed(client: SignIn) -> None:
    months = _body(client("accountant"), "roll-forward", startDate="2026-01-15", endDate="2026-06-30")["data"]
    assert months[-1] == {
        "month": "2026-03-01", "asOfDate": "2026-03-31", "partial": False, "opening": "630.00", "billed": "100.00",
        "collected": "40.00", "refunded": "125.50", "adjusted": "0.00", "writtenOff": "0.00", "recovered": "40.00",
        "closing": "855.50", "receivablesClosing": "1110.50", "creditsClosing": "255.00",
    }  # fmt: skip
    assert [(month["month"], month["opening"], month["closing"]) for month in months] == [
        ("2026-01-01", "600.00", "635.00"), ("2026-02-01", "635.00", "630.00"), ("2026-03-01", "630.00", "855.50"),
    ]  # fmt: skip


def test_months_before_the_first_event_are_0(client: SignIn) -> None:
    months = _body(client("accountant"), "roll-forward", startDate="2025-11-01", endDate="2025-12-31")["data"]
    assert [(month["month"], month["asOfDate"], month["closing"]) for month in months] == [
        ("2025-11-01", None, "0.00"), ("2025-12-01", "2025-12-31", "600.00"),
    ]  # fmt: skip


def test_open_credits_by_kind_and_age_with_those_of_other_days_beside_them(client: SignIn) -> None:
    body = _body(client("accountant"), "credits", startDate="2026-01-16", endDate="2026-01-26", limit="2")
    data = body["data"]
    assert [(item["kind"], item["amount"], item["count"]) for item in data["byKind"]] == [
        ("overpaid", "0.00", 0), ("prepaid", "25.00", 1), ("cancelled", "30.00", 1), ("unmatched", "80.00", 1),
        ("unapplied", "70.00", 1),
    ]  # fmt: skip
    assert [(item["bucket"], item["amount"], item["count"]) for item in data["buckets"]] == [
        ("0-30", "0.00", 0), ("31-60", "0.00", 0), ("61-90", "205.00", 4), ("91+", "0.00", 0),
    ]  # fmt: skip
    assert (data["total"], data["count"], data["allOpenTotal"], data["allOpenCount"]) == ("205.00", 4, "255.00", 5)
    assert body["pagination"] == {"page": 1, "limit": 2, "total": 4, "totalPages": 2}
    assert data["details"][0] == {
        "hospitalId": "H1", "patientId": "P07", "invoiceId": "I07", "paymentId": None, "kind": "cancelled",
        "amount": "30.00", "sinceDate": "2026-01-16", "ageDays": 74, "bucket": "61-90",
    }  # fmt: skip
    second = _body(client("accountant"), "credits", startDate="2026-01-16", endDate="2026-01-26", limit="2", page="2")
    found = [(item["invoiceId"], item["paymentId"]) for item in second["data"]["details"]]
    assert found == [(None, "Y05"), ("I99", "Y06")]


def test_key_figures_come_with_formula_inputs_and_exclusions(client: SignIn) -> None:
    body = _body(client("accountant"), "kpis", startDate="2026-03-15", endDate="2026-03-20")
    assert (body["pagination"]["total"], len(body["data"])) == (11, 11)
    found = {item["metric"]: item for item in body["data"]}
    assert list(found) == sorted(found)
    days = found["days_in_ar"]
    assert (days["value"], days["unit"], days["month"], days["hospitalId"]) == ("92.12", "days", "2026-03-01", "H1")
    assert days["inputs"] == {
        "numerator": "1110.50", "denominator": "1085.00", "multiplier": 90, "windowDays": 90, "shortWindow": False,
    }  # fmt: skip
    assert days["formula"].startswith("Receivables / ") and days["exclusions"].startswith("Credits")
    assert found["aged_ar_over_90"]["value"] == "30.62"
    assert (found["cost_to_collect"]["value"], found["cost_to_collect"]["inputs"]["numerator"]) == (None, None)


def test_a_young_hospital_is_marked_and_counts_are_no_amounts(client: SignIn) -> None:
    found = {item["metric"]: item for item in _body(client("accountant"), "kpis", **JANUARY)["data"]}
    assert found["days_in_ar"]["inputs"]["shortWindow"] and found["days_in_ar"]["inputs"]["windowDays"] == 62
    rate = found["initial_denial_rate"]
    assert (rate["value"], rate["inputs"]["numerator"], rate["inputs"]["denominator"]) == ("50.00", "1", "2")


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({}, ["startDate", "endDate"]),
        ({"endDate": "2026-01-31"}, ["startDate"]),
        (JANUARY | {"startDate": "2026-02-01"}, ["endDate"]),
        (JANUARY | {"endDate": "2026-01-32"}, ["endDate"]),
        (JANUARY | {"currency": "EUR"}, ["currency"]),
        (JANUARY | {"basis": "billed"}, ["basis"]),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, report: str, query: dict[str, str], fields: list[str]) -> None:
    answer = client("accountant").get(f"{URL}/{report}", query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, fields)


@pytest.mark.parametrize(
    ("report", "query", "field"),
    [
        ("collection-rate", JANUARY | {"groupBy": "year"}, "groupBy"),
        ("collection-rate", EVER | {"groupBy": "day"}, "groupBy"),
        ("cash-receipts", EVER, "endDate"),
        ("credits", JANUARY | {"page": "0"}, "page"),
        ("kpis", JANUARY | {"limit": "501"}, "limit"),
        ("roll-forward", JANUARY | {"page": "1"}, "page"),
    ],
)
def test_a_parameter_of_one_report_is_named(client: SignIn, report: str, query: dict[str, str], field: str) -> None:
    answer = client("accountant").get(f"{URL}/{report}", query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


@pytest.mark.parametrize("report", REPORTS)
def test_currencies_hospitals_and_permissions(client: SignIn, report: str) -> None:
    both, url = client("accountant_both"), f"{URL}/{report}"
    refused = both.get(url, query_string=QUARTER)
    assert (refused.status_code, refused.json["error"]["fields"]["currency"][-8:]) == (400, "EUR, USD")
    for currency, name in (("EUR", "accountant_h2"), ("USD", "accountant")):
        answer = _body(both, report, **QUARTER, currency=currency)
        assert answer["data"] == _body(client(name), report, **QUARTER)["data"]
        assert answer["meta"]["currency"] == currency
    assert both.get(url, query_string=QUARTER | {"hospitalId": "H9"}).status_code == 404
    assert client("accountant").get(url, query_string=QUARTER | {"hospitalId": "H2"}).status_code == 404
    for name in ("viewer", "patient_accounts"):
        assert client(name).get(url, query_string=QUARTER).status_code == 403


@pytest.mark.parametrize("report", ["collection-rate", "roll-forward", "kpis", "credits", "tax-summary"])
def test_any_days_are_answered(client: SignIn, report: str) -> None:
    assert _body(client("accountant"), report, **EVER)["success"] is True


def test_the_figures_of_a_month_agree_with_each_other(client: SignIn) -> None:
    accountant = client("accountant")
    month = _body(accountant, "roll-forward", **QUARTER)["data"][0]
    cash = _body(accountant, "cash-receipts", **JANUARY)["data"]
    assert (month["collected"], month["refunded"]) == (cash["totalReceived"], cash["totalRefunded"])
    kpis = {item["metric"]: item["value"] for item in _body(accountant, "kpis", **JANUARY)["data"]}
    rate = _body(accountant, "collection-rate", **JANUARY)["data"]
    assert (kpis["collection_rate"], kpis["net_collection_rate"]) == (
        rate["overallCollectionRate"], rate["netCollectionRate"],
    )  # fmt: skip
    assert Decimal(_body(accountant, "credits", **EVER)["data"]["total"]) == Decimal("255.00")
