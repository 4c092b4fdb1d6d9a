"""Months that were closed in the past of the test worlds: H1's figures worked out by hand, those of R1 in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from tests.warehouse import world
from tests.warehouse.dbt import ledgers, reckoning

_TABLES = ("invoices", "payments", "refunds", "adjustments", "allocations")
_FIGURE = {"billed": "billed", "write_off": "written_off"}


@dataclass(frozen=True)
class Close:
    """A month of a hospital, closed with what was known at ``known_at``."""

    hospital: str
    month: date
    known_at: datetime
    figures: Mapping[str, Decimal]
    currency: str = "USD"


def load(connection: psycopg.Connection[Any], closes: list[Close]) -> None:
    """Insert ``closes`` as the command would have, each from a build at its instant."""
    for close in closes:
        row = connection.execute(
            "insert into ops.period_closes (hospital_id, month, closed_at, closed_by, build_id, known_at)"
            " values (%s, %s, %s, 'accountant', 0, %s) returning close_id",
            (close.hospital, close.month, close.known_at, close.known_at),
        ).fetchone()
        assert row is not None
        for figure, amount in close.figures.items():
            connection.execute(
                "insert into ops.period_close_figures values (%s, %s, %s, %s)", (row[0], close.currency, figure, amount)
            )
        for table in _TABLES:
            connection.execute(
                sql.SQL(
                    "insert into ops.period_close_versions select %s, %s, coalesce(max(version_id), 0)"
                    " from raw.{} where batch_id <= (select max(batch_id) from ops.batches as b"
                    " join ops.etl_process_status as r on r.id = b.run_id where r.instant = %s)"
                ).format(sql.Identifier(table)),
                (row[0], table, close.known_at),
            )
    connection.commit()


def _month_of_random_ledgers(month: date, turn: int) -> Close:
    """A month of R1 as the source told it in delivery ``turn``."""
    state = ledgers.STATES[turn]
    last_day = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    opening = sum(reckoning.balances(state, month - timedelta(days=1)).values(), Decimal(0))
    closing = sum(reckoning.balances(state, last_day).values(), Decimal(0))
    figures = dict.fromkeys(("billed", "collected", "refunded", "adjusted", "written_off"), Decimal(0))
    for _, kind, when, amount in reckoning.movements(state):
        if month <= when <= last_day:
            received = "collected" if amount < 0 else "refunded"
            figure = received if kind == "received" else _FIGURE.get(kind, "adjusted")
            figures[figure] += amount if figure in ("billed", "refunded") else -amount
    moved = (
        figures["billed"] + figures["refunded"] - figures["collected"] - figures["adjusted"] - figures["written_off"]
    )
    ages: dict[str, Decimal] = {}
    for (_, bucket), (amount, _) in reckoning.aging(state, last_day).items():
        if bucket == "outstanding":
            continue
        name = "credits_closing" if bucket == "credit" else f"aging_{bucket.replace('-', '_').replace('+', '_plus')}"
        ages[name] = ages.get(name, Decimal(0)) + amount
    receivables = sum((amount for name, amount in ages.items() if name != "credits_closing"), Decimal(0))
    totals = {
        "opening": opening,
        "closing": closing,
        "recovered": closing - opening - moved,
        "receivables_closing": receivables,
    }
    return Close(ledgers.HOSPITAL, month, ledgers.INSTANTS[turn], {**figures, **ages, **totals})


# What run 1 knew of January: I06 over 100, I07 and I08 not cancelled yet, I14 and I18 in January, no I17 (its 20 are a credit).
_JANUARY = {
    "opening": "600", "billed": "878", "collected": "615", "refunded": "0", "adjusted": "160", "written_off": "0",
    "recovered": "0", "closing": "703", "receivables_closing": "948", "credits_closing": "245",
    "aging_not_due": "508", "aging_1_30": "0", "aging_31_60": "440", "aging_61_90": "0", "aging_91_plus": "0",
}  # fmt: skip
CLOSES = [
    Close("H1", date(2026, 1, 1), world.FIRST_LOAD, {name: Decimal(amount) for name, amount in _JANUARY.items()}),
    _month_of_random_ledgers(date(2025, 11, 1), 0),
    _month_of_random_ledgers(date(2025, 12, 1), 1),
    _month_of_random_ledgers(date(2026, 1, 1), 1),
]
