"""Judge rows of one table in memory: what the row rules find, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from pipeline.context import RunContext
from pipeline.landing.hospitals import Hospital, Hospitals
from pipeline.landing.rules import Checked, RowRules
from pipeline.sources.base import ColumnFormat
from warehouse.canonical import BY_NAME

# 23:00 of 30 June in New York, 1 July in UTC.
INSTANT = datetime(2025, 7, 1, 3, 0, tzinfo=UTC)
HOSPITALS = Hospitals(
    [Hospital("H1", "America/New_York", "USD"), Hospital("H2", "UTC", "KWD")],
    {"H1", "H2"},
)
GOOD: dict[str, dict[str, str]] = {
    "hospitals": {"hospital_id": "H1", "name": "North"},
    "payers": {"payer_id": "A", "name": "Aetna"},
    "patients": {"patient_id": "P1", "hospital_id": "H1"},
    "invoices": {
        "invoice_id": "I1", "hospital_id": "H1", "patient_id": "P1", "invoice_date": "2025-06-01", "total": "100.00",
        "status": "issued",
    },
    "payments": {
        "payment_id": "Y1", "hospital_id": "H1", "payment_date": "2025-06-10", "amount": "40", "status": "paid",
    },
    "refunds": {
        "refund_id": "R1", "hospital_id": "H1", "payment_id": "Y1", "amount": "4", "refund_date": "2025-06-11",
    },
    "adjustments": {
        "adjustment_id": "A1", "hospital_id": "H1", "invoice_id": "I1", "adjustment_date": "2025-06-11", "amount": "-4",
    },
    "allocations": {
        "allocation_id": "L1", "hospital_id": "H1", "invoice_id": "I1", "payment_id": "Y1", "amount": "-4",
        "allocated_date": "2025-06-11",
    },
    "charges": {
        "charge_id": "C1", "hospital_id": "H1", "provider_id": "D1", "ticket_number": "T1", "case_date": "2025-06-11",
        "cpt_code": "00100",
    },
    "procedure_units": {"cpt_code": "00100", "base_units": "5"},
    "compensation_plans": {
        "provider_id": "D1", "hospital_id": "H1", "valid_from": "2025-01-01", "conversion_factor": "20.3178",
    },
}  # fmt: skip


def _nothing(table: str, keys: list[str]) -> Mapping[str, str | None]:
    return {}


def judge(
    table: str,
    *changes: Mapping[str, str | None],
    formats: Mapping[str, ColumnFormat] | None = None,
    business_date: date | None = None,
) -> Checked:
    """Check one good row of ``table`` for each of ``changes``, with that change made to it."""
    rows = [GOOD[table] | change for change in changes]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    frame = pd.DataFrame([[row.get(name) for name in columns] for row in rows], columns=columns, dtype=object)
    return rules(table, formats or {}, business_date).check(frame)


def rules(table: str, formats: Mapping[str, ColumnFormat], business_date: date | None = None) -> RowRules:
    """Return the rules of ``table``."""
    return RowRules(BY_NAME[table], formats, HOSPITALS, RunContext(1, INSTANT, business_date), _nothing)


def reasons(table: str, change: Mapping[str, str | None], **more: Any) -> set[tuple[str, tuple[str, ...]]]:
    """Return reason and columns of what is found in one row."""
    return {(finding.reason, finding.columns) for finding in judge(table, change, **more).findings}


def value(table: str, column: str, text: str | None, **more: Any) -> object:
    """Return what a column of one good row becomes; the row must be good."""
    checked = judge(table, {column: text}, **more)
    assert not checked.findings
    return checked.columns[column][0].as_py()
