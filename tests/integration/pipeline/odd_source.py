"""The small source with every odd row put into it, and a second source whose ids clash with the first one's."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.integration.pipeline.small_source import INVOICES, PAYMENTS, Row, write_source

_INVOICE = {**INVOICES[0], "subtotal": "", "balance": "", "due_date": "2026-04-01"}
_PAYMENT = {**PAYMENTS[0], "refunded_date": ""}


def _invoice(key: str, total: str, **more: str) -> Row:
    return {**_INVOICE, "invoice_id": key, "total": total, "invoice_date": "2026-02-20", **more}


def _payment(key: str, amount: str, **more: str) -> Row:
    return {**_PAYMENT, "payment_id": key, "amount": amount, **more}


ODD_INVOICES = [
    _invoice("negative", "-5.00"),
    _invoice("nothing", "0"),
    _invoice("due-before", "10.00", due_date="2026-01-01"),
    _invoice("balance", "20.00", balance="15.00"),
    _invoice("parts", "30.00", subtotal="29.00"),
    _invoice("twice", "4.00"),
    _invoice("twice", "4.00"),
    _invoice("differs", "1.00"),
    _invoice("differs", "2.00"),
    _invoice("I1", "7.00", hospital_id="H2", patient_id="P2"),
]
ODD_PAYMENTS = [
    _payment("zero", "0.00"),
    _payment("negative", "-1.00"),
    _payment("unknown-invoice", "8.00", invoice_id="nobody knows"),
    _payment("over-refunded", "10.00", invoice_id="due-before"),
    _payment("refunded-when", "3.00", status="refunded"),
]
_REFUND = {
    "refund_id": "",
    "hospital_id": "H1",
    "payment_id": "over-refunded",
    "amount": "12.00",
    "refund_date": "2026-03-01",
}
_ADJUSTMENT = {
    "adjustment_id": "",
    "hospital_id": "H1",
    "invoice_id": "nope",
    "adjustment_date": "2026-03-01",
    "amount": "9",
}
_ALLOCATION = {
    "allocation_id": "of-neither", "hospital_id": "H1", "payment_id": "", "adjustment_id": "", "invoice_id": "I1",
    "amount": "1.00", "allocated_date": "2026-03-01",
}  # fmt: skip
_SCHEDULE = {"hospital_id": "H1", "invoice_id": "nope", "due_date": "2026-04-01", "amount": "5.00"}
OTHER_TABLES: dict[str, list[Row]] = {
    "refunds": [
        {**_REFUND, "refund_id": "above"},
        {**_REFUND, "refund_id": "of-nothing", "payment_id": "nobody"},
    ],
    "adjustments": [
        {**_ADJUSTMENT, "adjustment_id": "unknown"},
        {**_ADJUSTMENT, "adjustment_id": "of-nobody", "invoice_id": ""},
    ],
    "allocations": [
        _ALLOCATION,
        {**_ALLOCATION, "allocation_id": "no-payment", "payment_id": "nobody"},
        {**_ALLOCATION, "allocation_id": "no-adjustment", "adjustment_id": "nobody"},
        {**_ALLOCATION, "allocation_id": "no-invoice", "payment_id": "R1", "invoice_id": "nope"},
    ],
    "operating_costs": [
        {"hospital_id": "", "month": "2026-01-01", "amount": "6.00"},
        {"hospital_id": "H1", "month": "2026-01-01", "amount": "7.00"},
    ],
    "payment_schedules": [_SCHEDULE, {**_SCHEDULE, "invoice_id": "I2", "amount": "0"}],
}


def write_odd(folder: Path) -> Path:
    """Write the small source with all odd rows into ``folder``."""
    invoices = [{**row, "subtotal": "", "balance": ""} for row in INVOICES]
    payments = [{**row, "refunded_date": ""} for row in PAYMENTS]
    write_source(folder, invoices=[*invoices, *ODD_INVOICES], payments=[*payments, *ODD_PAYMENTS])
    for name, rows in OTHER_TABLES.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_clashing(folder: Path) -> Path:
    """Write a source that uses the ids I1 and R1 of hospital H1 for an invoice and a payment of its own."""
    return write_source(folder, invoices=[_invoice("I1", "5.00")], payments=[_payment("R1", "2.00")])
