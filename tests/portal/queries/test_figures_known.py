"""Figures of H1 and their rows, worked out by hand from the hand-checked world (tests/warehouse/world.py), first quarter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.figures.kinds import Figure, FigureFilter
from portal.queries.figures.registry import FIGURES
from portal.queries.figures.rows import figure_page, figure_stream, figure_sum

Marts = Callable[[str], Connection]
BUSINESS_DATE = date(2026, 3, 31)
QUARTER = FigureFilter("USD", DateRange(date(2026, 1, 1), BUSINESS_DATE))
JANUARY = date(2026, 1, 1)

KNOWN: list[tuple[str, dict[str, Any], str, int]] = [
    # name, further filters, sum, rows
    # Y01 to Y07, Y15, Y17: 615 in January; Y16: 300 in February; Y12: 40 in March. Back: 50, 25.50 and 100.
    ("revenue-collected", {}, "955", 11),
    ("revenue-refunded", {}, "175.50", 3),
    ("revenue-net", {}, "779.50", 14),
    ("revenue-payments", {}, "11", 11),
    # Of Dr One's invoices I01 and I03: 40 and 100.
    ("revenue-payments", {"provider_id": "D1"}, "2", 2),
    ("revenue-collected", {"provider_id": "D1"}, "140", 2),
    # 8 lines stand alone (I01 to I04, I09, I12, I16, I17); I06 has 3, I18 too, and I07, I08, I14 one each way.
    ("revenue-billed", {}, "1255", 20),
    # Nobody but the patients pays. Days: 2, 10, 15 (I08) and 25 January, 1 and 3 February, 2 (I08 again) and 30 March.
    ("revenue-shares", {}, "1255", 8),
    ("movement-adjusted", {}, "160", 4),
    ("movement-written-off", {}, "100", 1),
    ("movement-recovered", {}, "40", 1),
    ("cash-received", {"method": "card"}, "40", 1),
    # Open: I01 60, I02 100, I06 120, I09 200, I10 340, I11 100, I16 75.50, I17 70, I18 45.
    ("receivables", {}, "1110.50", 9),
    ("receivables", {"bucket": "31-60"}, "230", 3),
    ("receivables-invoices", {}, "9", 9),
    ("receivables-current", {}, "440.50", 4),
    # I04 50, I07 30, I15 25, and P05's 70 for nothing in particular and 80 for an invoice that nobody knows.
    ("credits", {}, "255", 5),
    ("credits-count", {}, "5", 5),
    ("open-credits", {}, "255", 5),
    ("all-open-credits", {"kind": "unapplied"}, "70", 1),
    ("balance", {}, "855.50", 14),
    ("kpi-over-90", {}, "340", 1),
    # What is billed less J1 contractual 100, J2 credit note 50 and J3 discount 20; J4 is none of these.
    ("kpi-net-billed", {"window_days": 90}, "1085", 23),
    ("collections-billed", {}, "1255", 10),
    ("collections-billed", {"department_id": "CARD"}, "200", 2),
    ("collections-billed", {"department_id": "unattributed"}, "955", 7),
    # I01 40, I03 100, I04 100 of 150, I12 40, I16 224.50, I17 20; all of I02 went back.
    ("collections-applied", {}, "524.50", 6),
    ("lag-billed", {"billed_month": JANUARY, "months_since": 0}, "710", 7),
    # By 31 January: I01 40, I02 100, I03 100, I04 100, I17 20. Two months later I02 is refunded, I12 brought 40.
    ("lag-applied", {"billed_month": JANUARY, "months_since": 0}, "360", 5),
    ("lag-applied", {"billed_month": JANUARY, "months_since": 2}, "300", 5),
    # First submissions C2 (denied), C4 (paid) and C5 (open); C3 took the place of C2.
    ("claims-adjudicated", {}, "2", 2),
    ("claims-denied", {}, "1", 1),
    ("claims-denied-amount", {}, "100", 1),
    ("collecting-costs", {}, "36.25", 1),
    # I01's 5.00; I08's 5.00 and back; 50 of I10's 500 were credited, with 4.545 of its 45.45.
    ("tax", {}, "0.455", 4),
    ("written-off", {}, "100", 1),
    ("write-offs", {"category": "OTHER"}, "1", 1),
    # January was closed with 878 billed; since: I06 +20, I07 −100, I14 −33, I17 +90, I18 −45.
    ("closed-issued", {"close_id": 1, "closed_figure": "billed"}, "878", 7),
    ("closed-difference", {"close_id": 1, "closed_figure": "billed"}, "-68", 6),
]  # fmt: skip


def _asked(figure: Figure, more: dict[str, Any]) -> FigureFilter:
    conditions = {**more, "window_days": 90} if "window_days" in figure.requires else more
    return replace(QUARTER, conditions=conditions)


def _figure(name: str) -> Figure:
    figure = FIGURES[name]
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize(
    ("name", "more", "amount", "count"),
    KNOWN,
    ids=[" ".join(map(str, (name, *more.values()))) for name, more, *_ in KNOWN],
)
def test_a_figure_and_its_rows(name: str, more: dict[str, Any], amount: str, count: int, marts: Marts) -> None:
    figure = _figure(name)
    found = figure_sum(marts("H1"), figure, _asked(figure, more), BUSINESS_DATE)
    assert (found.amount, found.count) == (Decimal(amount), count)


def test_the_rows_of_a_figure_oldest_first(marts: Marts) -> None:
    connection = marts("H1")
    figure = _figure("revenue-refunded")
    found = list(figure_stream(connection, figure, QUARTER, BUSINESS_DATE))
    assert [(row.day, row.invoice_id, row.patient_id, row.payment_id, row.amount) for row in found] == [
        (date(2026, 2, 10), "I16", "P16", "Y16", Decimal(50)),
        (date(2026, 3, 1), "I16", "P16", "Y16", Decimal("25.50")),
        (date(2026, 3, 5), "I02", "P02", "Y02", Decimal(100)),
    ]
    assert figure_page(connection, figure, QUARTER, BUSINESS_DATE, page=2, limit=2) == found[2:]


# 40 of I10 and 30 of I02 beside the 100 of I12; 12.34 of I06 were refused, 7.50 of I09 wait.
DECIDED = {
    "written-off": ("170", 3),
    "write-offs-requested": ("7.50", 1),
    "write-offs-approved": ("2", 2),
    "write-offs-decided": ("3", 3),
    "receivables": ("1040.50", 9),
    "movement-written-off": ("170", 3),
}


@pytest.mark.parametrize("name", DECIDED)
def test_figures_with_what_was_decided_since_the_build(name: str, decided_marts: Marts) -> None:
    amount, count = DECIDED[name]
    found = figure_sum(decided_marts("H1"), _figure(name), QUARTER, BUSINESS_DATE)
    assert (found.amount, found.count) == (Decimal(amount), count)
