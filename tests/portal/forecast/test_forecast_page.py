"""/forecast: what the page says and shows, with and without a history."""

from __future__ import annotations

from decimal import Decimal
from html import unescape

from portal.analytics.forecasting import forecast
from portal.formatting import money
from tests.portal import world
from tests.portal.forecast.conftest import SignIn
from tests.portal.forecast.years import P1, hospital_months, pay_months, series


def _text(client: SignIn, who: str, address: str = "/forecast", status: int = 200) -> str:
    answer = client(who).get(address)
    assert answer.status_code == status, answer.text
    return " ".join(unescape(answer.text).split())


def test_it_shows_the_months_the_quarter_and_the_scenarios(client: SignIn) -> None:
    found = forecast(series(pay_months(P1)), "USD", 6)
    assert found is not None
    page = _text(client, "provider")
    assert "Forecast: compensation" in page
    assert "Next quarter, Mar 2026 to May 2026" in page
    for figure in (*found.months, found.quarter, found.total):
        assert money(figure.amount, "USD") in page
    band = found.months[0].band(80)
    assert band and money(band.low, "USD") in page
    assert "6 months, optimistic" in page and "Shown below" in page
    assert "Made of 36 closed months up to Feb 2026" in page


def test_the_address_is_a_saved_view(client: SignIn) -> None:
    page = _text(
        client, "accountant", "/forecast?measure=billed&horizon=12&scenario=pessimistic&volume=-10&hospitalId=H1"
    )
    assert '<option value="12" selected>' in page and '<option value="pessimistic" selected>' in page
    assert 'name="volume" type="text" value="-10"' in page
    found = forecast(series(hospital_months("H1", "billed")), "USD", 12)
    assert found is not None
    band = found.total.band(80)
    assert band is not None
    assert (
        money(band.low * Decimal("0.9"), "USD") in page
    )  # all months together, in the worse scenario, with fewer cases
    assert "volume=-10" in page.split("chart.svg?")[1].split('"')[0]  # the chart is of the same view


def test_what_cannot_be_used_stands_beside_its_field(client: SignIn) -> None:
    page = _text(client, "provider", "/forecast?volume=lots&horizon=7", 400)
    assert 'id="e-volume"' in page and "must be a percentage from -100 to 300" in page
    assert 'value="lots"' in page  # what was typed is not lost
    page = _text(client, "beginner", "/forecast?model=seasonal", 400)
    assert "needs 24 closed months, and there are 8" in page


def test_a_short_history_says_so(client: SignIn) -> None:
    page = _text(client, "beginner")
    assert "Fewer than 12 months: only averages of the last months, and no seasons." in page
    assert "Season, trend and level" not in page


def test_without_a_history_it_says_why(client: SignIn) -> None:
    page = _text(client, "nobody")
    assert "Nothing to forecast from" in page and "There is no closed month with compensation" in page
    assert client("nobody").get("/forecast/chart.svg").status_code == 404


def test_the_menu_leads_there_for_those_who_may(client: SignIn) -> None:
    assert 'href="/forecast"' in client("viewer").get("/staff/reports").text
    assert 'href="/forecast"' in client("provider").get("/staff/reports").text
    assert client("auditor").get("/forecast").status_code == 403
    offered = _text(client, "provider").split('id="f-measure"')[1].split("</select>")[0]
    assert "Compensation" in offered and "Revenue" not in offered


def test_only_the_own_doctors_are_offered(client: SignIn) -> None:
    offered = _text(client, "practice_manager").split('id="f-providerId"')[1].split("</select>")[0]
    assert "Dr 1" in offered and "Dr 2" in offered and "Dr 3" not in offered
    assert "Dr 2" not in _text(client, "provider").split('id="f-providerId"')[1].split("</select>")[0]


def test_the_chart_is_one_specification_drawn_and_to_keep(client: SignIn) -> None:
    spec = client("accountant").get("/forecast/chart.json?measure=billed&horizon=3").json
    values = spec["data"]["values"]
    assert len(values) == 24 + 3
    assert (
        next(one["expected"] for one in values if "expected" in one) == values[23]["actual"]
    )  # starts where the other ends
    assert len([layer for layer in spec["layer"] if layer["mark"]["type"] == "area"]) == 2
    drawn = client("accountant").get("/forecast/chart.svg?measure=billed&horizon=3&theme=dark")
    assert drawn.mimetype == "image/svg+xml" and drawn.text.startswith("<svg")
    kept = client("accountant").get("/forecast/chart.png?measure=billed")
    assert kept.data.startswith(b"\x89PNG") and "forecast-billed" in kept.headers["Content-Disposition"]
    record = world.audit_records()[-1]
    assert (record["action"], record["details"]["format"]) == ("export", "png")
