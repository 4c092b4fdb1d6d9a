"""Revenue, cash, tax, closed months and key figures of the hand-checked world (tests/warehouse/world.py), query by query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.accounting import Movement, ReceiptSum, cash_receipts, roll_forward
from portal.queries.breakdowns import BreakdownFilter, Sums, added, by_department, by_doctor, by_payer
from portal.queries.closes import closed_figures, late_changes
from portal.queries.comparisons import ComparisonFilter, compared_periods, fiscal_year_starts
from portal.queries.forecasts import SeriesFilter, month_series, pay_series
from portal.queries.key_figures import KeyFigure, key_figures_count, key_figures_page, key_figures_stream, with_change
from portal.queries.payments import PaymentFilter, PaymentSum, payments_stream, payments_sum
from portal.queries.receivables_since import ReceivablesChange
from portal.queries.revenue import Figures, RevenueFilter, revenue
from portal.queries.taxes import TaxSums, tax_steps, tax_summary

Marts = Callable[[str], Connection]
BUSINESS_DATE = date(2026, 3, 31)
QUARTER = DateRange(date(2026, 1, 1), BUSINESS_DATE)
MARCH = DateRange(date(2026, 3, 1), BUSINESS_DATE)


def _money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


def _numbers(found: Sequence[Movement]) -> list[tuple[Decimal, ...]]:
    names = ("opening", "billed", "collected", "refunded", "adjusted", "written_off", "recovered", "closing")
    return [tuple(getattr(one, name) for name in (*names, "receivables", "credits")) for one in found]


def test_revenue_month_by_month_and_before(marts: Marts) -> None:
    asked = RevenueFilter(QUARTER, "USD", "month", compare="previous")
    report = revenue(marts("H1"), asked, BUSINESS_DATE)
    assert [step.figures for step in report.current.periods] == [
        Figures(*_money("615", "0", "615"), 9),
        Figures(*_money("300", "50", "250"), 1),
        Figures(*_money("40", "125.50", "-85.50"), 1),
    ]
    assert report.current.total == Figures(*_money("955", "175.50", "779.50"), 11)
    assert report.former is not None and report.former.total == Figures()
    billed = revenue(marts("H1"), RevenueFilter(QUARTER, "USD", "month", "billed", "previous"), BUSINESS_DATE)
    # March: I09's 200 less I08's 100. December: I10 and I11.
    assert [step.figures.revenue for step in billed.current.periods] == [810, 345, 100]
    assert billed.former is not None and billed.former.total.revenue == 600


@pytest.mark.parametrize(("provider", "amount"), [("D1", 140), ("D2", 100), ("unattributed", 715)])
def test_revenue_of_a_doctor(provider: str, amount: int, marts: Marts) -> None:
    asked = RevenueFilter(QUARTER, "USD", "month", ids={"provider": provider})
    assert revenue(marts("H1"), asked, BUSINESS_DATE).current.total.revenue == amount


def test_revenue_by_department_and_doctor(marts: Marts) -> None:
    asked = BreakdownFilter(QUARTER, "USD")
    departments = by_department(marts("H1"), asked)
    assert [(line.id, line.sums.revenue, line.sums.count) for line in departments.lines] == [
        ("CARD", 200, 2), ("LAB", 100, 1), ("unattributed", 955, 8),
    ]  # fmt: skip
    doctors = by_doctor(marts("H1"), asked, limit=1)
    assert [(line.id, line.sums.revenue) for line in doctors.lines] == [("D1", 200), ("unattributed", 955)]
    assert [(line.name, line.sums.revenue) for line in doctors.left_out] == [("Dr Two", 100)]
    assert added(doctors.lines) == Sums(Decimal(1155), Decimal(0), 10)
    assert doctors.total == departments.total == Sums(Decimal(1255), Decimal(0), 11)


@pytest.mark.parametrize(
    ("basis", "split", "lines"),
    [
        # I13: the insurer's 600 paid and 200 contractual; the patient's 150 paid and 50 open, and I01's 10.
        ("billed", "payer", [("AOK", 800, 1), (None, 210, 2)]),
        ("billed", "invoice", [("AOK", 1000, 1), (None, 10, 1)]),
        ("collected", "payer", [("AOK", 600, 1), ("SELF", 150, 1)]),
        ("collected", "invoice", [("AOK", 750, 2)]),
    ],
)
def test_revenue_by_payer(basis: Any, split: Any, lines: list[tuple[str | None, int, int]], marts: Marts) -> None:
    found = by_payer(marts("H2"), BreakdownFilter(QUARTER, "EUR", basis, split))
    assert [(line.id, line.sums.revenue, line.sums.count) for line in found.lines] == lines


def test_periods_beside_those_before(marts: Marts) -> None:
    found = compared_periods(marts("H1"), ComparisonFilter(QUARTER, "USD"))
    assert [(one.period.month, one.amount, one.previous_amount, one.previous.change) for one in found] == [
        (1, 615, 0, 615), (2, 300, 615, -315), (3, 40, 300, -260),
    ]  # fmt: skip
    (quarter,) = compared_periods(marts("H1"), ComparisonFilter(QUARTER, "USD", "billed", "quarter"))
    assert (quarter.amount, quarter.previous_amount, quarter.previous_from) == (1255, 600, date(2025, 10, 1))
    assert fiscal_year_starts(marts("H1,H2")) == [1]


def test_payments_and_what_was_received_of_them(marts: Marts) -> None:
    connection = marts("H1")
    asked = PaymentFilter(QUARTER, "USD", {})
    # 11 received, Y21 pending, Y22 failed.
    assert payments_sum(connection, asked) == PaymentSum(13, *_money("955", "175.50"))
    found = list(payments_stream(connection, asked))
    assert [found[0].payment_id, found[-1].payment_id] == ["Y03", "Y12"]
    assert sum(one.amount for one in found) == 955 + 11 + 12
    assert payments_sum(connection, PaymentFilter(QUARTER, "USD", {"method": "card"})) == PaymentSum(
        1, *_money("40", "0")
    )


def test_cash_receipts_by_method(marts: Marts) -> None:
    receipts = cash_receipts(marts("H1"), QUARTER, "USD")
    assert receipts.by_method == {
        "card": ReceiptSum(*_money("40", "0", "40"), 1),
        "unknown": ReceiptSum(*_money("915", "175.50", "739.50"), 10),
    }
    assert receipts.total == ReceiptSum(*_money("955", "175.50", "779.50"), 11)


def test_each_month_rolls_forward_to_the_next(marts: Marts) -> None:
    found = roll_forward(marts("H1"), QUARTER, "USD")
    assert _numbers(found) == [
        _money("600", "810", "615", "0", "160", "0", "0", "635", "890", "255"),
        _money("635", "345", "300", "50", "0", "100", "0", "630", "885", "255"),
        _money("630", "100", "40", "125.50", "0", "0", "40", "855.50", "1110.50", "255"),
    ]


def test_what_was_decided_since_the_build_rolls_forward(decided_marts: Marts) -> None:
    found = roll_forward(decided_marts("H1"), MARCH, "USD")
    assert _numbers(found) == [_money("630", "100", "40", "125.50", "0", "70", "40", "785.50", "1040.50", "255")]


def test_a_closed_month_as_issued_and_as_known_now(marts: Marts) -> None:
    found = {one.figure: one for one in closed_figures(marts("H1"), QUARTER, "USD")}
    differing = {name: (one.issued, one.current, one.difference) for name, one in found.items() if one.difference}
    assert differing == {
        "billed": (878, 810, -68), "closing": (703, 635, -68), "receivables_closing": (948, 890, -58),
        "credits_closing": (245, 255, 10), "aging_not_due": (508, 450, -58),
    }  # fmt: skip
    changes = late_changes(marts("H1"), QUARTER, "USD")
    billed = [(one.invoice_id, one.amount) for one in changes if one.figure == "billed" and one.event_type]
    assert sorted(billed) == [
        ("I06", -100), ("I06", 120), ("I07", -100), ("I14", -33), ("I17", 90), ("I18", -45),
    ]  # fmt: skip


def test_tax_by_rate_and_month(marts: Marts) -> None:
    summary = tax_summary(marts("H1"), QUARTER, "USD")
    # 50 of I10's 500 were credited; I01 and I08 have 5 on 95, and I08's were taken back in March.
    assert [(line.rate, line.taxable, line.tax) for line in summary.rates if line.tax] == [
        _money("10", "-45.455", "-4.545"), _money("5.26", "95", "5"),
    ]  # fmt: skip
    # Untaxed: I02, I03, I04 and I12 of 100, I06 120, I16 300, I17 90, I18 45, I09 200.
    assert (summary.tax, summary.taxable) == _money("0.455", "1204.545")
    steps = tax_steps(marts("H1"), QUARTER, "USD", "month", BUSINESS_DATE)
    assert [(period.start.month, sums.tax) for period, sums in steps] == [
        (1, Decimal("5.455")), (2, Decimal(0)), (3, Decimal(-5)),
    ]  # fmt: skip
    ((_, first),) = tax_steps(
        marts("H2"), DateRange(date(2026, 1, 1), date(2026, 1, 31)), "EUR", "month", BUSINESS_DATE
    )
    assert first == TaxSums(*_money("850.34", "159.66"), 2)


def _march(found: list[KeyFigure]) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    return {one.metric: (one.value, one.numerator) for one in found}


KEY_FIGURES = {
    "days_in_ar": _money("92.12", "1110.50"),  # × 90 / 1085
    "days_in_ar_net_of_credits": _money("70.96", "855.50"),
    "aged_ar_over_90": _money("30.62", "340"),  # of 1110.50
    "average_days_to_pay": _money("67", "67"),  # I12's 40, from 2 January to 10 March
}


def test_key_figures_of_a_month(marts: Marts) -> None:
    connection = marts("H1")
    assert key_figures_count(connection, QUARTER, "USD") == 33  # eleven each month
    found = key_figures_page(connection, MARCH, "USD", page=1, limit=50)
    assert len(found) == 11
    assert {name: _march(found)[name] for name in KEY_FIGURES} == KEY_FIGURES
    assert list(key_figures_stream(connection, MARCH, "USD")) == found
    assert key_figures_page(connection, QUARTER, "USD", page=3, limit=11) == found


def test_key_figures_with_what_was_decided_since(decided_marts: Marts) -> None:
    """40 of I10 and 30 of I02: 300 of 1040.50 are over 90 days old."""
    connection = decided_marts("H1")
    found = key_figures_page(connection, MARCH, "USD", page=1, limit=50)
    assert _march(found)["aged_ar_over_90"] == _money("28.83", "300")
    assert _march(found)["days_in_ar"] == _money("86.31", "1040.50")
    assert _march(found)["average_days_to_pay"] == KEY_FIGURES["average_days_to_pay"]
    assert list(key_figures_stream(connection, MARCH, "USD")) == found


def test_a_change_lowers_what_is_owed_and_nothing_else(marts: Marts) -> None:
    change = ReceivablesChange("H1", *_money("-70", "-40", "0"))
    found = key_figures_page(marts("H1"), MARCH, "USD", page=1, limit=50)
    changed = _march([with_change(one, change) for one in found])
    assert (changed["aged_ar_over_90"], changed["days_in_ar"]) == (_money("28.83", "300"), _money("86.31", "1040.50"))
    assert changed["average_days_to_pay"] == KEY_FIGURES["average_days_to_pay"]
    assert with_change(found[0], None) is found[0]


def test_series_of_closed_months(marts: Marts) -> None:
    connection = marts("H1")
    # On 31 March that month runs still.
    assert month_series(connection, SeriesFilter("collected", "USD"), BUSINESS_DATE).amounts == (615, 300)
    assert month_series(connection, SeriesFilter("collected", "USD", provider_id="D1"), BUSINESS_DATE).amounts == (
        140,
        0,
    )
    later = date(2026, 4, 30)
    pay = month_series(connection, SeriesFilter("compensation", "USD"), later)
    assert (pay.start, pay.amounts) == (date(2026, 2, 1), _money("109.20", "822.31"))
    # Dr One in March; Dr Two in February and March; nothing of Dr Three's can be calculated.
    of_each = sorted(series.amounts for series in pay_series(connection, "USD", later).values())
    assert of_each == [_money("109.20", "165.62"), _money("656.69")]
