"""Money by month of the sample group, as the portal's forecasts read it: billed, collected, and what doctors are paid.

Read from the generated files, without the rows that are broken on purpose, and without a warehouse: a benchmark of models needs
months, not marts. The first and the last month are cut short by the span of the data and left out.
"""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from portal.analytics.month_series import MonthSeries, closed_months, month_after
from scripts.sample_data.generator import generate
from scripts.sample_data.group import HOSPITALS

_HOSPITALS = {hospital.hospital_id for hospital in HOSPITALS}
_NO_RECEIVABLES = {"draft", "cancelled", "void", "refunded"}
Months = dict[date, Decimal]


def group_months(seed: int, end: date, invoices: int) -> dict[tuple[str, str], MonthSeries]:
    """Return the series of a generated group by kind (``billed``, ``collected``, ``doctor``) and whose they are.

    Args:
        seed: chooses the group.
        end: its last day, and the business date.
        invoices: how many it has.
    """
    found: dict[tuple[str, str], Months] = defaultdict(lambda: defaultdict(Decimal))
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        generate(Path(folder), seed, end, invoices)
        for kind, row, month, amount in _entries(Path(folder)):
            names = [row["provider_id"]] if kind == "doctor" else [row["hospital_id"], "group"]
            for name in names:
                found[kind, name][month] += amount
    first = month_after(min(month for months in found.values() for month in months), 2)
    whole = {
        key: {month: amount for month, amount in months.items() if month >= first} for key, months in found.items()
    }
    return {key: closed_months(months, end) for key, months in sorted(whole.items()) if len(months) > 1}


def _entries(folder: Path) -> Iterator[tuple[str, dict[str, str], date, Decimal]]:
    columns = {
        "invoices": ("billed", "invoice_id", "invoice_date", "total"),
        "payments": ("collected", "payment_id", "payment_date", "amount"),
        "compensation_statements": ("doctor", "statement_id", "month", "gross_pay"),
    }
    for table, (kind, key, day, amount) in columns.items():
        seen: set[str] = set()
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                entry = _read(row, day, amount)
                if entry is None or row[key] in seen or not _counts(kind, row):
                    continue
                seen.add(row[key])
                yield kind, row, *entry


def _read(row: dict[str, str], day: str, amount: str) -> tuple[date, Decimal] | None:
    try:
        return date.fromisoformat(row[day][:10]).replace(day=1), Decimal(row[amount])
    except (ValueError, InvalidOperation):
        return None


def _counts(kind: str, row: dict[str, str]) -> bool:
    if kind == "doctor":
        return True
    if row["hospital_id"] not in _HOSPITALS:
        return False
    return row["status"] not in _NO_RECEIVABLES if kind == "billed" else row["status"] in ("paid", "refunded")
