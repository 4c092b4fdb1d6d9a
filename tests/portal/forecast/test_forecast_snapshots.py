"""Forecasts that are kept: once for each closed month, model and series; what came is noted; each hospital sees its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from portal.analytics.forecasting import forecast, models_for
from tests.portal import world
from tests.portal.forecast import years
from tests.portal.forecast.years import P1, hospital_months, pay_months, series
from warehouse import engine
from warehouse.engine import connect

LATER = datetime(2026, 5, 9, 10, tzinfo=UTC)


def _keep(app: Flask) -> str:
    result = app.test_cli_runner().invoke(args=["forecast", "snapshot"])
    assert result.exit_code == 0, result.output
    return result.output


def _kept(where: str = "true") -> list[dict[str, Any]]:
    with connect("owner") as connection:
        cursor = connection.execute(f"select * from portal.forecast_snapshots where {where} order by id")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _publish_later(monkeypatch: pytest.MonkeyPatch, factor: int = 1) -> None:
    """Publish build 2 seven weeks later, with March and April closed."""
    monkeypatch.setattr(years, "INSTANT", LATER)
    monkeypatch.setattr(years, "MONTHS", years.MONTHS + 2)
    world.publish(2, LATER)
    if factor != 1:
        before = years.amount
        monkeypatch.setattr(years, "amount", lambda level, step, salt: before(level, step, salt) * factor)
    years.fill_years(2)


@pytest.fixture
def app(database: str) -> Flask:
    """The portal with three years published."""
    years.publish_years()
    return world.make_app()


def test_every_model_of_every_series_is_kept_once(app: Flask) -> None:
    counts = [
        len(models_for(months)) * 12 for months in (36, 36, 36, 36, 36, 8, 36)
    ]  # 2 hospitals × 2, P1, P2, P1 of H2
    assert _keep(app) == f"Kept {sum(counts):,} forecasts; what came of 0 is noted.\n"
    assert _keep(app) == "Kept 0 forecasts; what came of 0 is noted.\n"
    found = forecast(series(hospital_months("H1", "billed")), "USD", model="seasonal")
    assert found is not None
    rows = _kept("hospital_id = 'H1' and measure = 'billed' and model_used = 'seasonal'")
    assert [(row["forecast_date"], row["predicted_amount"]) for row in rows] == [
        (month.start, month.amount) for month in found.months
    ]
    first, band, inner = rows[0], found.months[0].band(95), found.months[0].band(80)
    assert band and inner
    assert (first["lower_amount"], first["upper_amount"], first["confidence_level"]) == (band.low, band.high, 95)
    assert (first["lower_80"], first["upper_80"]) == (inner.low, inner.high)
    assert (first["created_date"], first["based_on"], first["months_ahead"]) == (date(2026, 3, 20), date(2026, 2, 1), 1)
    assert (first["actual_amount"], first["build_id"]) == (None, 1)


def test_keeping_is_recorded_and_nothing_new_is_not(app: Flask) -> None:
    _keep(app)
    records = [record for record in world.audit_records() if record["action"] == "forecast_snapshot"]
    assert [record["hospital_ids"] for record in records] == [["H1"], ["H2"]]
    assert records[0]["new_values"] == {"build_id": 1, "forecasts": 8 * 12 * 3 + 3 * 12, "actuals": 0}
    _keep(app)
    assert len([record for record in world.audit_records() if record["action"] == "forecast_snapshot"]) == 2


def test_what_came_is_noted_when_the_month_is_closed_and_forecasts_stay(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(app)
    before = _kept("based_on = '2026-02-01'")
    _publish_later(monkeypatch)
    _keep(app)
    after = _kept("based_on = '2026-02-01'")
    assert [row["predicted_amount"] for row in after] == [row["predicted_amount"] for row in before]
    came = years.hospital_months("H2", "collected")
    for row in after:
        if (row["hospital_id"], row["measure"]) == ("H2", "collected"):
            closed = row["forecast_date"] <= date(2026, 4, 1)
            assert row["actual_amount"] == (came[row["forecast_date"]].quantize(Decimal("0.001")) if closed else None)
    assert {row["based_on"] for row in _kept()} == {date(2026, 2, 1), date(2026, 4, 1)}


def test_what_came_follows_the_newest_build(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(app)
    _publish_later(monkeypatch)
    _keep(app)
    where = "measure = 'billed' and hospital_id = 'H1' and forecast_date = '2026-03-01' and model_used = 'combined'"
    [first] = _kept(where)
    with connect("owner") as connection:
        connection.execute("update marts_b2.revenue_metrics set billed_amount = billed_amount + 1")
        connection.commit()
    _keep(app)
    [second] = _kept(where)
    assert second["actual_amount"] == first["actual_amount"] + 1
    assert second["predicted_amount"] == first["predicted_amount"]


def test_past_forecasts_are_shown_beside_what_came(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(app)
    _publish_later(monkeypatch)
    _keep(app)
    world.add_user(app, "accountant", ("H1", "H2"))
    client = world.sign_in(app, "accountant@clinic.org")
    body = client.get("/api/v1/forecast/accuracy?measure=billed").json
    assert [(row["month"], row["basedOn"], row["monthsAhead"]) for row in body["data"]["forecasts"]] == [
        ("2026-04-01", "2026-02-01", 2), ("2026-03-01", "2026-02-01", 1),
    ]  # fmt: skip
    march = body["data"]["forecasts"][1]
    kept = _kept("measure = 'billed' and forecast_date = '2026-03-01' and model_used = 'combined'")
    assert (march["series"], Decimal(march["predicted"])) == (2, sum(row["predicted_amount"] for row in kept))
    assert Decimal(march["error"]) == Decimal(march["actual"]) - Decimal(march["predicted"])
    assert march["inside95"] <= march["banded"] == 2
    assert body["pagination"]["total"] == 2
    one = client.get("/api/v1/forecast/accuracy?measure=billed&hospitalId=H2&ahead=2&model=rolling_12").json
    assert [(row["month"], row["series"]) for row in one["data"]["forecasts"]] == [("2026-04-01", 1)]
    doctor = client.get("/api/v1/forecast/accuracy?measure=billed&providerId=P1").json
    assert doctor["data"]["forecasts"] == []  # of one doctor's revenue nothing is kept
    page = client.get("/forecast?measure=billed").text
    assert "Forecasts one month ahead, and what came" in page and "Mar 2026" in page


def test_a_provider_sees_past_forecasts_of_the_own_pay_only(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(app)
    _publish_later(monkeypatch)
    _keep(app)
    world.add_user(app, "provider", ("H1",), providers=("P1",))
    client = world.sign_in(app, "provider@clinic.org")
    [row] = client.get("/api/v1/forecast/accuracy?ahead=1").json["data"]["forecasts"]
    found = forecast(series(pay_months(P1)), "USD")
    assert found is not None
    assert (row["series"], row["predicted"]) == (1, str(found.months[0].amount))
    assert client.get("/api/v1/forecast/accuracy?measure=billed").status_code == 403
    assert client.get("/api/v1/forecast/accuracy?providerId=P2").status_code == 404


def test_the_database_keeps_hospitals_apart_and_refuses_a_second_forecast(app: Flask) -> None:
    _keep(app)
    with engine.engine("portal").begin() as connection:
        connection.execute(text("select set_config('daybook.hospitals', 'H2', true)"))
        seen = connection.execute(text("select distinct hospital_id from portal.forecast_snapshots")).scalars().all()
        assert seen == ["H2"]
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.execute(
                text(
                    "insert into portal.forecast_snapshots (created_date, forecast_date, predicted_amount, model_used,"
                    " hospital_id, measure, currency, based_on, months_ahead, build_id)"
                    " values ('2026-03-20', '2026-03-01', 1, 'combined', 'H1', 'billed', 'USD', '2026-02-01', 1, 1)"
                )
            )


def test_nothing_published_is_nothing_to_keep(empty_app: Flask) -> None:
    assert _keep(empty_app) == "Nothing is published yet: there is nothing to forecast from.\n"
