"""GET /api/v1/reports/revenue: shape, figures of the hand-checked world, every refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
URL = "/api/v1/reports/revenue"
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31"}


def test_the_quarter_adds_up_to_the_payments_of_the_world(client: SignIn) -> None:
    answer = client("viewer").get(URL, query_string=QUARTER | {"granularity": "month"})
    assert answer.status_code == 200
    body = answer.json
    # 40 + 100 + 100 + 150 + 70 + 80 + 30 + 25 + 20 in January, 300 in February, 40 in March; 175.50 given back.
    assert {name: value for name, value in body["data"].items() if name not in ("series", "comparison")} == {
        "totalRevenue": "955.00",
        "refundedAmount": "175.50",
        "netRevenue": "779.50",
        "paymentCount": 11,
        "averagePayment": "86.82",
    }
    assert body["data"]["series"] == [
        {"period": "2026-01-01", "partial": False, "revenue": "615.00", "count": 9, "average": "68.33"},
        {"period": "2026-02-01", "partial": False, "revenue": "300.00", "count": 1, "average": "300.00"},
        {"period": "2026-03-01", "partial": False, "revenue": "40.00", "count": 1, "average": "40.00"},
    ]
    assert body["data"]["comparison"] is None
    meta = body["meta"]
    assert (meta["buildId"], meta["businessDate"], meta["currency"]) == (1, "2026-03-31", "USD")
    assert meta["filters"] == QUARTER | {"granularity": "month"}


def test_without_dates_the_current_month_to_the_business_date_with_empty_days(client: SignIn) -> None:
    data = client("viewer").get(URL).json["data"]
    assert [step["period"] for step in data["series"]] == [f"2026-03-{day:02}" for day in range(1, 32)]
    assert {step["period"]: step["revenue"] for step in data["series"] if step["count"]} == {"2026-03-10": "40.00"}
    assert data["series"][0]["revenue"] == "0.00"


def test_weeks_are_iso_and_clipped_ones_are_partial(client: SignIn) -> None:
    query = {"startDate": "2026-01-07", "endDate": "2026-01-20", "granularity": "week"}
    series = client("viewer").get(URL, query_string=query).json["data"]["series"]
    assert [(step["period"], step["partial"], step["revenue"]) for step in series] == [
        ("2026-01-05", True, "100.00"),  # the 100 of Monday 5 January is before the range
        ("2026-01-12", False, "180.00"),
        ("2026-01-19", True, "40.00"),
    ]


def test_billed_goes_by_invoice_date(client: SignIn) -> None:
    query = {"startDate": "2025-12-01", "endDate": "2025-12-31", "granularity": "month", "basis": "billed"}
    data = client("viewer").get(URL, query_string=query).json["data"]
    assert (data["totalRevenue"], data["paymentCount"], data["refundedAmount"]) == ("600.00", 2, "0.00")


def test_comparison_is_like_for_like(client: SignIn) -> None:
    query = {"startDate": "2026-03-01", "endDate": "2026-03-30", "compare": "previous"}
    comparison = client("viewer").get(URL, query_string=query).json["data"]["comparison"]
    assert (comparison["startDate"], comparison["endDate"]) == ("2026-02-01", "2026-02-28")
    assert (comparison["totalRevenue"], comparison["change"], comparison["changePercent"]) == (
        "300.00",
        "-260.00",
        "-86.67",
    )
    assert len(comparison["series"]) == 28


@pytest.mark.parametrize(
    ("filters", "revenue", "count"),
    [
        ({"departmentId": "CARD"}, "140.00", 2),
        ({"departmentId": "unattributed"}, "715.00", 8),
        ({"providerId": "D2"}, "100.00", 1),
        ({"payerId": "AOK"}, "0.00", 0),
    ],
)
def test_filters_by_department_doctor_and_payer(
    client: SignIn, filters: dict[str, str], revenue: str, count: int
) -> None:
    data = client("viewer").get(URL, query_string=QUARTER | filters).json["data"]
    assert (data["totalRevenue"], data["paymentCount"]) == (revenue, count)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"startDate": "31.01.2026"}, "startDate"),
        ({"startDate": "2026-02-30"}, "startDate"),
        ({"startDate": "20260101"}, "startDate"),
        ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "endDate"),
        ({"granularity": "year"}, "granularity"),
        ({"basis": "earned"}, "basis"),
        ({"compare": "decade"}, "compare"),
        ({"departmentId": "NOPE"}, "departmentId"),
        ({"providerId": "NOPE"}, "providerId"),
        ({"payerId": "NOPE"}, "payerId"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "dollars"}, "currency"),
        ({"startdate": "2026-01-01"}, "startdate"),
        ({"startDate": "1990-01-01", "endDate": "2026-01-01", "granularity": "day"}, "granularity"),
    ],
)
def test_a_bad_parameter_is_named(client: SignIn, query: dict[str, str], field: str) -> None:
    answer = client("viewer").get(URL, query_string=query)
    assert answer.status_code == 400
    error = answer.json["error"]
    assert list(error["fields"]) == [field]
    assert field in error["message"]


def test_several_currencies_want_a_choice(client: SignIn) -> None:
    both = client("accountant_both")
    refused = both.get(URL, query_string=QUARTER)
    assert refused.status_code == 400
    assert refused.json["error"]["fields"]["currency"].endswith("EUR, USD")
    euros = both.get(URL, query_string=QUARTER | {"currency": "EUR"}).json
    assert (euros["data"]["totalRevenue"], euros["meta"]["currency"]) == ("750.00", "EUR")


def test_another_hospital_does_not_exist(client: SignIn) -> None:
    assert client("viewer").get(URL, query_string={"hospitalId": "H2"}).status_code == 404
    assert client("accountant_h2").get(URL, query_string=QUARTER).json["data"]["totalRevenue"] == "750.00"
