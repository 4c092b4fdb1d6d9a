"""GET /api/v1/forecast and its file: the models' figures over the caller's own hospitals and providers."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest
from flask.testing import FlaskClient

from portal.analytics.forecasting import WhatIf, adjusted, forecast
from tests.portal import world
from tests.portal.forecast.conftest import SignIn
from tests.portal.forecast.years import P1, P2, both, hospital_months, pay_months, series

API = "/api/v1/forecast"


def _data(client: FlaskClient, **query: str) -> dict[str, Any]:
    answer = client.get(API, query_string=query)
    assert answer.status_code == 200, answer.json
    data: dict[str, Any] = answer.json["data"]
    return data


def _refused(client: FlaskClient, **query: str) -> tuple[int, dict[str, str]]:
    answer = client.get(API, query_string=query)
    return answer.status_code, answer.json["error"]["fields"]


def test_revenue_of_the_hospitals_in_reach_is_added_up(client: SignIn) -> None:
    found = forecast(both("collected"), "USD", 12)
    assert found is not None
    data = _data(client("accountant"), measure="collected", horizon="12")
    assert [month["amount"] for month in data["months"]] == [str(month.amount) for month in found.months]
    assert (data["months"][0]["month"], data["months"][-1]["month"]) == ("2026-03-01", "2027-02-01")
    assert (data["isShort"], data["isSeasonal"], len(data["history"])) == (False, True, 36)
    one = forecast(series(hospital_months("H1", "billed")), "USD", 6)
    assert one is not None
    narrowed = _data(client("accountant"), measure="billed", hospitalId="H1")
    assert narrowed["total"]["amount"] == str(one.total.amount)
    assert _data(client("viewer"), measure="billed")["months"] == narrowed["months"]


def test_the_running_month_and_the_first_one_are_no_history(client: SignIn) -> None:
    history = _data(client("viewer"), measure="billed")["history"]
    assert (history[0]["month"], history[-1]["month"]) == ("2023-03-01", "2026-02-01")


def test_next_quarter_is_one_figure_with_bands_of_its_own(client: SignIn) -> None:
    data = _data(client("viewer"), horizon="6")
    quarter, months = data["nextQuarter"], data["months"][:3]
    assert (quarter["firstMonth"], quarter["lastMonth"]) == ("2026-03-01", "2026-05-01")
    assert abs(Decimal(quarter["amount"]) - sum(Decimal(month["amount"]) for month in months)) <= Decimal("0.02")
    ends = [Decimal(quarter[name]) for name in ("low95", "low80", "amount", "high80", "high95")]
    assert ends == sorted(ends)
    assert ends[-1] - ends[0] < sum(Decimal(month["high95"]) - Decimal(month["low95"]) for month in months)


def test_a_provider_sees_the_own_compensation_and_nobody_elses(client: SignIn) -> None:
    found = forecast(series(pay_months(P1)), "USD", 3)
    assert found is not None
    data = _data(client("provider"), horizon="3")
    assert data["measure"] == "compensation"
    assert data["total"]["amount"] == str(found.total.amount)
    assert client("provider").get(API, query_string={"providerId": "P2"}).status_code == 404
    together = _data(client("practice_manager"), horizon="3")
    months = {month: amount + pay_months(P2).get(month, Decimal(0)) for month, amount in pay_months(P1).items()}
    whole = forecast(series(months), "USD", 3)
    assert whole is not None and together["total"]["amount"] == str(whole.total.amount)
    assert _data(client("practice_manager"), horizon="3", providerId="P1")["months"] == data["months"]


@pytest.mark.parametrize(
    ("who", "measure", "status"),
    [
        ("viewer", "compensation", 403), ("provider", "collected", 403), ("provider", "billed", 403),
        ("auditor", "collected", 403), ("super_admin", "compensation", 200), ("super_admin", "billed", 200),
        ("hospital_admin", "billed", 200),
    ],
)  # fmt: skip
def test_who_may_see_a_forecast_of_what(client: SignIn, who: str, measure: str, status: int) -> None:
    assert client(who).get(API, query_string={"measure": measure}).status_code == status
    record = world.audit_records()[-1]
    assert record["action"] == ("api_call" if status == 200 else "access_denied")
    assert record["details"]["filters"] == {"measure": [measure]}


def test_fewer_than_12_months_say_so_and_have_averages_only(client: SignIn) -> None:
    data = _data(client("beginner"))
    assert (data["isShort"], data["isSeasonal"], len(data["history"])) == (True, False, 8)
    assert [each["model"] for each in data["models"]] == ["combined", "rolling_3", "rolling_6"]
    status, fields = _refused(client("beginner"), model="seasonal")
    assert (status, fields) == (400, {"model": "needs 24 closed months, and there are 8: choose another"})


def test_without_any_month_there_is_nothing(client: SignIn) -> None:
    data = _data(client("nobody"))
    assert (data["months"], data["nextQuarter"], data["models"], data["history"]) == ([], None, [], [])
    file = client("nobody").get("/api/v1/exports/forecast/csv")
    assert file.text == "month,actual,forecast,low_80,high_80,low_95,high_95\r\n"


def test_scenarios_and_what_if(client: SignIn) -> None:
    found = forecast(series(pay_months(P1)), "USD", 6)
    assert found is not None
    changes = WhatIf(Decimal(10), Decimal("-2.5"), Decimal(0))
    expected = adjusted(found, "optimistic", changes)
    data = _data(client("provider"), scenario="optimistic", volume="10", unitValue="-2.5")
    assert [month["amount"] for month in data["months"]] == [str(month.amount) for month in expected.months]
    assert data["scenarios"][1] == {
        "scenario": "optimistic", "nextQuarter": str(expected.quarter.amount), "total": str(expected.total.amount),
    }  # fmt: skip
    base, best, worst = (Decimal(item["total"]) for item in data["scenarios"])
    assert worst < base < best
    nothing = _data(client("provider"), volume="-100")
    assert {month["amount"] for month in nothing["months"]} == {"0.00"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("horizon", "7"), ("volume", "-101"), ("volume", "a lot"), ("unitValue", "301"), ("payerMix", "1.234"),
        ("scenario", "best"), ("model", "magic"), ("measure", "profit"), ("currency", "EUR"), ("theme", "dark"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(client: SignIn, field: str, value: str) -> None:
    status, fields = _refused(client("super_admin"), **{field: value})
    assert (status, list(fields)) == (400, [field])


def test_a_doctor_of_revenue_who_is_not_there_is_named(client: SignIn) -> None:
    assert _refused(client("viewer"), providerId="P77") == (400, {"providerId": "names no provider here"})


def test_the_back_test_beats_the_yardstick_and_says_how_often_bands_held(client: SignIn) -> None:
    models = {each["model"]: each for each in _data(client("viewer"), measure="billed")["models"]}
    assert set(models) == {
        "combined", "rolling_3", "rolling_6", "rolling_12", "seasonal_naive", "seasonal", "trend", "damped_trend",
    }  # fmt: skip
    assert (
        Decimal(models["combined"]["errorAgainstNaive"]) < 1 == Decimal(models["seasonal_naive"]["errorAgainstNaive"])
    )
    assert Decimal(models["combined"]["quarterErrorPercent"]) < 15
    assert sum(Decimal(one["share"]) for name, one in models.items() if name != "combined") == pytest.approx(100)
    assert 0 <= Decimal(models["combined"]["coverage80"]) <= Decimal(models["combined"]["coverage95"]) <= 100


@pytest.mark.parametrize("address", ["/api/v1/exports/forecast/{}", "/forecast/export?format={}"])
def test_files_hold_what_came_and_the_forecast(client: SignIn, address: str) -> None:
    joined = "&" if "?" in address else "?"
    query = f"{joined}measure=billed&horizon=12&scenario=pessimistic&volume=5&currency=USD"
    text = client("accountant").get(address.format("csv") + query).text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    data = _data(client("accountant"), measure="billed", horizon="12", scenario="pessimistic", volume="5")
    assert [row["forecast"] for row in rows if row["forecast"]] == [month["amount"] for month in data["months"]]
    assert [row["low_95"] for row in rows if row["low_95"]] == [month["low95"] for month in data["months"]]
    assert [row["actual"] for row in rows if row["actual"]] == [month["amount"] for month in data["history"]][-24:]
    book = openpyxl.load_workbook(io.BytesIO(client("accountant").get(address.format("xlsx") + query).data))
    assert book["Data"].max_row == 1 + 24 + 12
    assert len(book["Data"]._charts) == 1
    about = {row[0].value: row[1].value for row in book["About"].iter_rows(min_row=3)}
    assert (about["Scenario"], about["Case volume, %"], about["Months ahead"]) == ("pessimistic", "5", "12")
    pages = pypdf.PdfReader(io.BytesIO(client("accountant").get(address.format("pdf") + query).data)).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Forecast: revenue billed" in printed and "Next quarter" in printed and "12 months, pessimistic" in printed


def test_a_file_wants_the_right_to_export(client: SignIn) -> None:
    assert client("viewer").get("/api/v1/exports/forecast/csv").status_code == 403
    assert client("viewer").get("/forecast/chart.png").status_code == 403
