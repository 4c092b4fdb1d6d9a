"""A small canonical source on disk: two hospitals, a handful of accounts, figures that can be added up in the head."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]
DAY = "2026-03-10"

HOSPITALS = [
    {"hospital_id": "H1", "name": "North Clinic", "timezone": "America/New_York", "currency": "USD"},
    {"hospital_id": "H2", "name": "South Clinic", "timezone": "UTC", "currency": "USD"},
]
PATIENTS = [
    {"patient_id": "P1", "hospital_id": "H1", "first_name": "Ada", "last_name": "Nightingale", "ssn": "123-45-6789"},
    {"patient_id": "P2", "hospital_id": "H2", "first_name": "Bo", "last_name": "Seacole", "ssn": "987-65-4321"},
]
INVOICES = [
    {"invoice_id": "I1", "hospital_id": "H1", "patient_id": "P1", "invoice_date": "2026-01-10", "due_date": "2026-02-09",
     "total": "100.00", "status": "sent"},
    {"invoice_id": "I2", "hospital_id": "H1", "patient_id": "P1", "invoice_date": "2026-02-01", "due_date": "2026-03-03",
     "total": "250.50", "status": "sent"},
    {"invoice_id": "I3", "hospital_id": "H2", "patient_id": "P2", "invoice_date": "2026-02-15", "due_date": "",
     "total": "80.00", "status": "partial"},
]  # fmt: skip
PAYMENTS = [
    {"payment_id": "R1", "hospital_id": "H1", "invoice_id": "I1", "payment_date": "2026-02-01", "amount": "60.00",
     "status": "paid", "method": "card"},
    {"payment_id": "R2", "hospital_id": "H2", "invoice_id": "I3", "payment_date": "2026-03-01", "amount": "30.00",
     "status": "paid", "method": "cash"},
]  # fmt: skip


def write_source(
    folder: Path,
    *,
    invoices: Sequence[Row] = tuple(INVOICES),
    payments: Sequence[Row] = tuple(PAYMENTS),
    patients: Sequence[Row] = tuple(PATIENTS),
    adjustments: Sequence[Row] = (),
    hospitals: Sequence[Row] = tuple(HOSPITALS),
) -> Path:
    """Write the source as canonical CSV files into ``folder`` and return it; no file for a table without rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("hospitals", hospitals),
        ("patients", patients),
        ("invoices", invoices),
        ("payments", payments),
        ("adjustments", adjustments),
    ):
        if not rows:
            continue
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def changed(rows: Sequence[Row], key: str, **values: str) -> list[Row]:
    """Return ``rows`` with ``values`` set in the one whose first column is ``key``."""
    return [{**row, **values} if next(iter(row.values())) == key else row for row in rows]
