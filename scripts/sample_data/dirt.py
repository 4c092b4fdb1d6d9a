"""What is wrong in real files: a small share of broken rows of every kind, beside the good ones.

A broken row never replaces a good one, so the good rows' totals do not depend on the dirt: what is
added is either rejected or dropped as a duplicate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from random import Random

from scripts.sample_data.tables import Row, Tables
from warehouse.canonical import BY_NAME


@dataclass(frozen=True)
class Fault:
    """One kind of broken row.

    Attributes:
        spoil: makes the rows to add from a good row and the end date.
        is_duplicate: the rows repeat the good row under its own key and must be dropped; otherwise they are rejects.
    """

    spoil: Callable[[Row, date], list[Row]]
    is_duplicate: bool = False


_ROWS_PER_THOUSAND = 5
_REPEATED = Fault(lambda row, end: [dict(row)], is_duplicate=True)


def _with(**changes: str) -> Fault:
    return Fault(lambda row, end: [row | changes])


def _in_future(column: str) -> Fault:
    return Fault(lambda row, end: [row | {column: (end + timedelta(days=45)).isoformat()}])


def _letters(column: str) -> Fault:
    return Fault(lambda row, end: [row | {column: row[column].replace("0", "O", 1) + "x"}])


def _negative(column: str) -> Fault:
    return Fault(lambda row, end: [row | {column: f"-{row[column]}"}])


def _contradicted(**changes: str) -> Fault:
    """Two rows of one key that differ, and nothing says which is newer."""
    return Fault(lambda row, end: [row, row | changes])


_OUTDATED = Fault(
    lambda row, end: [row | {"total": "77.00", "updated_at": "2001-01-01T00:00:00Z"}],
    is_duplicate=True,
)
_INVOICES: dict[str, Fault] = {
    "bad date": _with(invoice_date="2025-02-30"),
    "letters in the amount": _letters("total"),
    "unknown status": _with(status="archived"),
    "identical duplicate": _REPEATED,
    "outdated duplicate": _OUTDATED,
    "conflicting duplicate": _contradicted(total="77.00"),
    "unknown hospital": _with(hospital_id="H9"),
    "date in the future": _in_future("invoice_date"),
    "negative amount": _negative("total"),
    "missing patient": _with(patient_id=""),
}
_PAYMENTS: dict[str, Fault] = {
    "bad date": _with(payment_date="31/31/2025"),
    "letters in the amount": _letters("amount"),
    "unknown status": _with(status="settled?"),
    "identical duplicate": _REPEATED,
    "conflicting duplicate": _contradicted(amount="1.00"),
    "date in the future": _in_future("payment_date"),
    "negative amount": _negative("amount"),
    "nothing paid": _with(amount="0.00"),
    "refunded without a date": _with(status="refunded", refunded_date=""),
}
_FAULTS: dict[str, dict[str, Fault]] = {
    "invoices": _INVOICES,
    "payments": _PAYMENTS,
    "claims": {"unknown invoice": _with(invoice_id="INV-999001"), "unknown status": _with(status="lost")},
    "adjustments": {"unknown invoice": _with(invoice_id="INV-999002"), "unknown kind": _with(kind="goodwill")},
    "appointments": {"bad date": _with(appointment_at="soon"), "missing patient": _with(patient_id="")},
    "patients": {"identical duplicate": _REPEATED, "unknown hospital": _with(hospital_id="H9")},
    "refunds": {"unknown payment": _with(payment_id="PAY-999003")},
    "charges": {
        "bad date": _with(case_date="31.02.2025"),
        "unreadable modifiers": _with(modifiers="P3 (see note)"),
        "identical duplicate": _REPEATED,
    },
}
_PREFIX = {
    "invoices": "INV",
    "payments": "PAY",
    "claims": "CLM",
    "adjustments": "ADJ",
    "appointments": "APT",
    "refunds": "REF",
    "charges": "CHG",
}


@dataclass
class Dirt:
    """What was added, in rows: ``rejects`` and ``duplicates`` by table, ``kinds`` by (table, kind)."""

    rejects: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)


def soil(tables: Tables, rng: Random, end: date) -> Dirt:
    """Add broken rows to every table that has some kinds of them, and say how many."""
    dirt = Dirt()
    for table, faults in _FAULTS.items():
        rows = tables.rows[table]
        count = -(-len(rows) * _ROWS_PER_THOUSAND // 1_000)
        samples = [rng.choice(rows) for _ in range(count)]
        for sample, kind in zip(samples, cycle(faults), strict=False):
            fault = faults[kind]
            broken = fault.spoil(sample if fault.is_duplicate else _fresh(tables, table, sample), end)
            for row in broken:
                rows.insert(rng.randrange(len(rows) + 1), row)
            (dirt.duplicates if fault.is_duplicate else dirt.rejects)[table] += len(broken)
            dirt.kinds[table, kind] += len(broken)
    return dirt


def _fresh(tables: Tables, table: str, sample: Row) -> Row:
    """Return a copy of a row under a key of its own, so that the good row's fate does not depend on it."""
    key = BY_NAME[table].key[0]
    prefix = _PREFIX.get(table) or "PT" + sample["hospital_id"].removeprefix("H")
    fresh = sample | {key: tables.number(prefix)}
    if "updated_at" in fresh:
        fresh["updated_at"] = ""
    return fresh
