"""The hand-checked world as files, with a known person typed into every column of every table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.warehouse.world import BUSINESS_DATE, DELIVERIES
from warehouse.canonical import TABLES, Column, Table
from warehouse.settings import ROOT

DAY = BUSINESS_DATE.isoformat()
PERSON = {
    "patient_id": "P02", "hospital_id": "H1", "first_name": "Plantedfirst", "last_name": "Plantedlast",
    "date_of_birth": "1931-02-03", "ssn": "078-05-1120", "phone": "+1 555 867 5309", "email": "planted@example.org",
    "address": "Planted Street 7",
}  # fmt: skip
PLANTED = ("planted", "1931-02-03", "078-05-1120", "078051120", "867 5309", "8675309", "street 7")
_WORDS = (
    "Plantedfirst Plantedlast",
    "078-05-1120",
    "+1 555 867 5309",
    "planted@example.org",
    "Planted Street 7",
    "1931-02-03",
)
# A name is what the source calls somebody at work, an id what it calls a row: of these only what looks like a person is refused.
_NAMES = ("Dr 078-05-1120", "Ward, +1 555 867 5309", "Ask planted@example.org", "Born 1931-02-03")
_IDS = ("078-05-1120", "planted@example.org")
_REASON = "Plantedfirst Plantedlast moved to Planted Street 7, call 555 867 5309"
_ALLOCATION = {
    "allocation_id": "L1", "hospital_id": "H1", "payment_id": "Y01", "invoice_id": "I01", "amount": "0.01",
    "allocated_date": "2026-03-01",
}  # fmt: skip
CODES = {(t.name, c.name) for t in TABLES for c in t.columns if c.code and c.name not in t.key}
"""Columns of codes: in each of them words are left out of rows that land. Those that identify a row are rejected."""
_LET_PASS = ("reject_rows_percent", "reject_amount_percent")


def write(folder: Path) -> Path:
    """Write the source and, beside it, gates that let its rejects pass (``gates.yml``); return its folder."""
    folder.mkdir(parents=True)
    limits = yaml.safe_load((ROOT / "pipeline" / "gates.yml").read_text(encoding="utf-8"))
    limits |= {**dict.fromkeys(_LET_PASS, 100.0), "reject_minimum_rows": 1}
    (folder.parent / "gates.yml").write_text(yaml.safe_dump(limits), encoding="utf-8")
    for table in TABLES:
        standing = list(_standing(table))
        names = [column.name for column in table.columns]
        with (folder / f"{table.name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows([*standing, *_planted(table, standing[0])])
    return folder


def _standing(table: Table) -> Iterator[dict[str, str]]:
    """The rows of the world as they are now, but for the patient whose identity the walk through the portal gives."""
    current: dict[tuple[Any, str], Any] = {}
    for delivery in DELIVERIES:
        if delivery.state == "accepted" or delivery.is_building:
            for row in delivery.rows:
                if row.table == table.name:
                    current[row.values.get("hospital_id"), row.record_key] = row
    names = {column.name for column in table.columns}
    for row in current.values():
        texts = {name: _text(value) for name, value in row.values.items() if name in names}
        if not row.deleted and not (table.name == "patients" and texts["patient_id"] == "P01"):
            yield texts
    if table.name == "patients":
        yield PERSON
    if table.name == "allocations":
        yield _ALLOCATION


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _planted(table: Table, row: dict[str, str]) -> Iterator[dict[str, str]]:
    """A row for each thing of the person in each column, otherwise like ``row`` with a key of its own and a cent of money."""
    number = 0
    for column in table.columns:
        for words in _typed(table, column):
            number += 1
            yield row | _few_cents(table) | _own_key(table, row, number) | {column.name: words}


def _typed(table: Table, column: Column) -> tuple[str, ...]:
    if column.identity:
        return ("1",) if column.name == "phone" else ()  # rejected rows of a patient, too
    if column.code in ("name", "words"):
        return _NAMES
    if column.free_text:
        return (_REASON,)
    is_id = column.type == "text" and not (column.code or column.allowed)
    is_id = is_id and (column.name in table.key or column.name.endswith(("_id", "_of", "_number")))
    # A date in the place of a date is one, and says nothing of anybody.
    return _IDS if is_id else _WORDS if column.type == "text" else _WORDS[:-1]


def _few_cents(table: Table) -> dict[str, str]:
    cents = {column.name: "" for column in table.columns if column.type == "money" and not column.required}
    return cents | ({table.money: "0.01"} if table.money else {})


def _own_key(table: Table, row: dict[str, str], number: int) -> dict[str, str]:
    last = table.column(table.key[-1])
    if last.type == "date":
        return {last.name: (date(2019, 1, 1) + timedelta(days=31 * number)).replace(day=1).isoformat()}
    return {last.name: f"X{number}"} | ({key: row[key] for key in table.key[:-1]})
