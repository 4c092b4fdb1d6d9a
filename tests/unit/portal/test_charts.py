"""Charts by hand: what stands in their data is what was given, and no figure is added or lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import pi
from typing import Any

import pytest

from portal.analytics.audit_chart import FATES, audit_chart
from portal.analytics.audit_timeline import MonthOfCases, timeline
from portal.analytics.charts import Bar, Figure, Spec, aging_chart, amount_axis, bars_chart, revenue_chart, rounded_text
from portal.analytics.forecast_charts import Point, forecast_chart
from portal.analytics.periods import DateRange
from portal.analytics.projection import Projection
from portal.analytics.running_chart import running_chart
from portal.analytics.share_charts import Part, Rate, parts_bars, parts_pie, rate_line
from portal.analytics.velocity import Running
from tests.unit.portal.test_billing_audit import report
from tests.unit.portal.test_matching import billed, logged

DAY, MARCH, APRIL = date(2026, 3, 1), date(2026, 3, 1), date(2026, 4, 1)


def values(spec: Spec) -> list[dict[str, Any]]:
    return list(spec["data"]["values"])


def test_revenue_has_a_bar_for_each_step_and_points_where_something_is_compared() -> None:
    bars = [Bar(MARCH, "Mar", Decimal("1234.50"), False, Decimal(1000)), Bar(APRIL, "Apr", Decimal(-5), True)]
    spec = revenue_chart(bars, "USD", "Revenue")
    march, april = values(spec)
    assert (march["amount"], march["text"], march["former"], march["formerText"]) == (
        1234.5, "USD 1,234.50", 1000.0, "USD 1,000.00",
    )  # fmt: skip
    assert (april["amount"], april["partial"], "former" in april) == (-5.0, True, False)
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar", "point"]
    assert len(bars_chart([Bar(MARCH, "Mar", Decimal(3), False)], Figure("Cases"), "Cases")["layer"]) == 1


def test_a_figure_without_a_currency_is_a_number() -> None:
    (bar,) = values(bars_chart([Bar(MARCH, "Mar", Decimal("12.50"), False)], Figure("Cases"), "Cases"))
    assert bar["text"] == "12.5"
    assert (Figure("Cases").axis, Figure("Paid", "JPY").axis) == ("Cases", "Paid (JPY)")
    assert Figure("Paid", "JPY").text(Decimal("99.5")) == "JPY 100"


def test_ages_stand_in_their_order_with_room_behind_the_longest() -> None:
    spec = aging_chart([("not_due", Decimal(0), 0), ("91+", Decimal("1234567.891"), 7)], "KWD", "Ages")
    assert [(one["bucket"], one["text"], one["invoices"]) for one in values(spec)] == [
        ("Not due", "KWD 0.000", 0), ("91 and more", "KWD 1,234,567.891", 7),
    ]  # fmt: skip
    domain = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain == [0, pytest.approx(1234567.891 * 1.4)]
    assert aging_chart([], "USD", "Ages")["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1]


def test_large_amounts_are_shortened_on_the_axis_only() -> None:
    assert amount_axis([Decimal("99999.99")])["format"] == ",~f"
    assert amount_axis([Decimal(5), Decimal(100_000)])["format"] == "~s"
    assert rounded_text(Decimal("1234567.885"), "USD") == "1,234,567.89"


def test_parts_are_sorted_and_a_pie_has_no_slice_of_nothing() -> None:
    parts = [Part("B", Decimal(2)), Part("A", Decimal(5)), Part("C", Decimal(0)), Part("D", Decimal(-1))]
    assert [(one["name"], one["amount"]) for one in values(parts_bars(parts, Figure("Paid", "USD"), "Paid"))] == [
        ("A", 5.0), ("B", 2.0), ("C", 0.0), ("D", -1.0),
    ]  # fmt: skip
    pie = parts_pie(parts, Figure("Paid", "USD"), "Paid")
    slices = pie["layer"][0]
    assert [one["name"] for one in values(slices)] == slices["encoding"]["color"]["scale"]["domain"] == ["A", "B"]
    assert len(values(parts_bars([Part(str(n), Decimal(n)) for n in range(30)], Figure("Paid"), "Paid"))) == 20


def test_larger_slices_have_their_names_beside_them_at_their_middle() -> None:
    parts = [
        Part("half", Decimal(50)),
        Part("quarter", Decimal(25)),
        Part("rest", Decimal(24)),
        Part("small", Decimal(1)),
    ]
    _, left, right = parts_pie(parts, Figure("Paid", "USD"), "Paid")["layer"]
    named = {one["name"]: one["angle"] / (2 * pi) for one in values(right)}
    assert named == {"half": pytest.approx(0.25)}
    named = {one["name"]: one["angle"] / (2 * pi) for one in values(left)}
    assert named == {"quarter": pytest.approx(0.625), "rest": pytest.approx(0.87)}


def test_fates_of_cases_are_told_apart_without_colours() -> None:
    encoding = audit_chart([MonthOfCases(MARCH, {"missing": 1}, None)], "Cases")["encoding"]
    fillings = [color[7:] for color in encoding["fill"]["scale"]["range"]]
    outlines = encoding["strokeDash"]["scale"]["range"]
    assert dict(zip(FATES, zip(fillings, map(tuple, outlines), strict=True), strict=True)) == {
        "as logged": ("", (1, 0)), "different": ("", (1, 0)), "to decide": ("99", (1, 2)), "missing": ("40", (1, 0)),
        "unexpected": ("10", (5, 3)),
    }  # fmt: skip


def test_a_rate_of_nothing_is_a_gap_and_says_so() -> None:
    spec = rate_line([Rate(MARCH, "Mar", Decimal("66.666")), Rate(APRIL, "Apr", None)], "Rate", "Rate")
    assert [(one["rate"], one["text"]) for one in values(spec)] == [(66.666, "66.67 %"), (None, "nothing billed")]


def test_a_rate_stands_beside_the_one_it_is_compared_with() -> None:
    rates = [Rate(MARCH, "Mar", Decimal(50), Decimal("66.666")), Rate(APRIL, "Apr", Decimal(40))]
    spec = rate_line(rates, "Rate", "Rate")
    assert [(one["rate"], one.get("former"), one.get("formerText")) for one in values(spec)] == [
        (50.0, 66.666, "66.67 %"), (40.0, None, None),
    ]  # fmt: skip
    line, points = spec["layer"]
    assert (line["encoding"]["y"]["field"], points["encoding"]["y"]["field"]) == ("rate", "former")
    assert "diamonds" in line["encoding"]["y"]["title"] and points["mark"]["shape"] == "diamond"
    assert {"field": "formerText", "title": "Compared with"} in points["encoding"]["tooltip"]


def test_amounts_of_tooltips_have_separators() -> None:
    assert Figure("Paid", "USD").text(Decimal("5272.4")) == "USD 5,272.40"


def test_a_forecast_starts_where_what_came_ends() -> None:
    may = Point(date(2026, 5, 1), "May", None, Decimal(30), Decimal(20), Decimal(40), Decimal(10), Decimal(50))
    march, april, last = values(
        forecast_chart([Point(MARCH, "Mar", Decimal(10)), Point(APRIL, "Apr", Decimal(20)), may], "USD", "Forecast")
    )
    assert "expected" not in march
    assert {april[name] for name in ("actual", "expected", "low_80", "high_80", "low_95", "high_95")} == {20.0}
    assert (last["what"], last["text"], last["band_80"], last["band_95"]) == (
        "Forecast", "USD 30.00", "20.00 to 40.00", "10.00 to 50.00",
    )  # fmt: skip


def test_running_totals_stop_today_and_the_year_before_goes_on() -> None:
    steps = [Running(MARCH, Decimal(10), Decimal(7)), Running(APRIL, None, Decimal(9))]
    spec = running_chart(steps, Projection(Decimal(40), (), None), Figure("Paid", "USD"), "Totals")
    lines = spec["layer"][0]["data"]["values"]
    assert [(one["year"], one["day"], one["amount"]) for one in lines] == [
        ("This year", "2026-03-01", 10.0), ("Year before", "2026-03-01", 7.0), ("Year before", "2026-04-01", 9.0),
    ]  # fmt: skip
    assert [layer["data"]["values"][0]["amount"] for layer in spec["layer"][2:]] == [40.0]
    assert len(running_chart(steps, None, Figure("Paid", "USD"), "Totals")["layer"]) == 1


def test_the_timeline_counts_each_case_once_and_knows_how_long_charges_took() -> None:
    posted = [
        billed(key, day, ticket, first_posted_date=date(2026, 3, 12))
        for key, day, ticket in (("a", 2, "TK1001"), ("b", 5, "TK2002"))
    ]
    found = report([logged("l", 2, "TK1001"), logged("m", 20, "XX9999")], posted)
    march, april = timeline(found, DateRange(date(2026, 3, 1), date(2026, 4, 30)))
    assert march == MonthOfCases(MARCH, {"as logged": 1, "missing": 1, "unexpected": 1}, 10)
    assert (march.logged, april) == (2, MonthOfCases(APRIL, {}, None))
    bars = values(audit_chart([march, april], "Cases"))
    assert [one["fate"] for one in bars] == [*FATES, *FATES]
    assert sum(one["cases"] for one in bars) == 3
