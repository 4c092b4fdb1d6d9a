"""GET /api/v1/comparisons: periods of the hand-checked world beside what they are fairly compared with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from tests.portal import world

SignIn = Callable[[str], FlaskClient]
Marts = Callable[[str], Connection]
URL = "/api/v1/comparisons"
YEAR = {"startDate": "2025-12-01", "endDate": "2026-03-31"}


def _body(client: FlaskClient, **query: str) -> dict[str, Any]:
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def _changes(items: list[dict[str, Any]], to: str = "previous") -> list[tuple[Any, ...]]:
    return [(item["period"], item["amount"], item[to]["change"], item[to]["changePercent"]) for item in items]


def test_month_over_month_without_a_percentage_of_nothing(client: SignIn) -> None:
    # Collected: 615 in January, 300 in February, 40 in March; nothing before.
    body = _body(client("viewer"), **YEAR)
    assert _changes(body["data"]) == [
        ("2025-12-01", "0.00", "0.00", None),
        ("2026-01-01", "615.00", "615.00", None),
        ("2026-02-01", "300.00", "-315.00", "-51.22"),
        ("2026-03-01", "40.00", "-260.00", "-86.67"),
    ]
    march = body["data"][-1]
    assert (march["periodEnd"], march["daysCounted"], march["partial"]) == ("2026-03-31", 31, False)
    assert (march["previous"]["startDate"], march["previous"]["endDate"]) == ("2026-02-01", "2026-02-28")
    assert (march["yearBefore"]["startDate"], march["yearBefore"]["endDate"]) == ("2025-03-01", "2025-03-31")
    assert body["meta"]["filters"] == YEAR
    assert [body["meta"][name] for name in ("currency", "basis", "granularity")] == ["USD", "collected", "month"]


def test_quarters_and_years(client: SignIn) -> None:
    quarters = _body(client("viewer"), **YEAR, granularity="quarter", basis="billed")["data"]
    # I10 and I11 are of December, 600; the first quarter has 810 + 345 + 100.
    assert _changes(quarters) == [
        ("2025-10-01", "600.00", "600.00", None),
        ("2026-01-01", "1255.00", "655.00", "109.17"),
    ]
    years = _body(client("viewer"), **YEAR, granularity="year")["data"]
    assert _changes(years, "yearBefore") == [
        ("2025-01-01", "0.00", "0.00", None),
        ("2026-01-01", "955.00", "955.00", None),
    ]


def test_the_year_before_is_not_the_period_before(app: Flask) -> None:
    """120 from January to 10 March, beside 100 of October to 10 December and 80 of the year before."""
    days = {"period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31), "days_counted": 69, "is_partial": True}
    before = {"previous_from": date(2025, 10, 1), "previous_to": date(2025, 12, 8), "previous_amount": 100}
    year = {"year_before_from": date(2025, 1, 1), "year_before_to": date(2025, 3, 10), "year_before_amount": 80}
    line = {"hospital_id": "H1", "currency": "USD", "basis": "collected", "grain": "quarter", "amount": 120}
    world.fill("rpt_period_comparisons", [line | days | before | year])
    client = world.sign_in(app, world.add_user(app, "viewer"))
    (quarter,) = _body(client, granularity="quarter", startDate="2026-01-01", endDate="2026-03-10")["data"]
    assert quarter["previous"] == {
        "startDate": "2025-10-01", "endDate": "2025-12-08", "amount": "100.00", "change": "20.00", "changePercent": "20.00",
    }  # fmt: skip
    assert quarter["yearBefore"] == {
        "startDate": "2025-01-01", "endDate": "2025-03-10", "amount": "80.00", "change": "40.00", "changePercent": "50.00",
    }  # fmt: skip


def test_a_running_period_meets_the_same_days(client: SignIn) -> None:
    year = _body(client("viewer"), startDate="2026-01-01", endDate="2026-01-01", granularity="year")["data"][0]
    assert (year["partial"], year["daysCounted"], year["periodEnd"]) == (True, 90, "2026-12-31")
    assert (year["previous"]["startDate"], year["previous"]["endDate"]) == ("2025-01-01", "2025-03-31")
    assert year["previous"] == year["yearBefore"]


def test_the_month_of_the_business_date_unless_asked_otherwise(client: SignIn) -> None:
    assert [item["period"] for item in _body(client("viewer"))["data"]] == ["2026-03-01"]
    assert _body(client("viewer"), startDate="2019-01-01", endDate="2019-12-31")["data"] == []


def test_the_percentages_are_those_of_the_warehouse(client: SignIn, marts: Marts) -> None:
    query = "select period_start::text, previous_change_percent, is_previous_zero from rpt_period_comparisons where"
    query += " basis = 'billed' and grain = 'month' order by 1"
    expected = [(day, None if zero else f"{percent:.2f}") for day, percent, zero in marts("H1").execute(text(query))]
    found = _body(client("viewer"), **YEAR, basis="billed")["data"]
    assert [(item["period"], item["previous"]["changePercent"]) for item in found] == expected
    assert len([percent for _, percent in expected if percent]) > 2


@pytest.mark.parametrize("grain", ["fiscal_quarter", "fiscal_year"])
def test_fiscal_periods_begin_where_the_hospital_says(client: SignIn, grain: str) -> None:
    calendar = _body(client("viewer"), **YEAR, granularity=grain.removeprefix("fiscal_"))["data"]
    assert _body(client("viewer"), **YEAR, granularity=grain)["data"] == calendar  # its fiscal year begins in January


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"granularity": "week"}, "granularity"),
        ({"basis": "net"}, "basis"),
        ({"startDate": "2026-02-30"}, "startDate"),
        ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "endDate"),
        ({"page": "1"}, "page"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_wrong_parameter_is_named(client: SignIn, query: dict[str, str], field: str) -> None:
    answer = client("viewer").get(URL, query_string=query)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (400, [field])


def test_currencies_are_never_added_and_other_hospitals_do_not_exist(client: SignIn) -> None:
    both = client("accountant_both")
    assert list(both.get(URL).json["error"]["fields"]) == ["currency"]
    assert _changes(_body(both, **YEAR, currency="EUR", basis="billed")["data"])[0][0] == "2026-01-01"
    assert client("viewer").get(URL, query_string={"hospitalId": "H2"}).status_code == 404
