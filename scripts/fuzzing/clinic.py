"""The small clinic whose files are broken: good rows of every table that refers to another, and of some that do not."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from warehouse.canonical import BY_NAME

_ROWS = 12


@dataclass
class Sheet:
    """One table on its way to a file: mutations change it before it is written.

    Attributes:
        table: canonical table.
        header: column names.
        rows: cells, as many as the header has unless a mutation changed that.
        newline: what ends a line.
        separator: what stands between cells.
        encoding: codec of the file.
        mark: bytes before the text.
    """

    table: str
    header: list[str]
    rows: list[list[str]]
    newline: str = "\n"
    separator: str = ","
    encoding: str = "utf-8"
    mark: bytes = field(default=b"")


def clinic() -> dict[str, Sheet]:
    """Return fresh sheets of every table that is delivered."""
    return deepcopy(_CLINIC)


def _sheet(table: str, columns: dict[str, list[str] | str]) -> Sheet:
    known = {column.name for column in BY_NAME[table].columns}
    if unknown := set(columns) - known:
        raise ValueError(f"{table} has no column {sorted(unknown)}")
    cells = [[values] * _ROWS if isinstance(values, str) else values for values in columns.values()]
    return Sheet(table, list(columns), [list(row) for row in zip(*cells, strict=False)])


def _many(pattern: str) -> list[str]:
    return [pattern.format(n=number, d=f"{number:02d}") for number in range(1, _ROWS + 1)]


_CLINIC = {
    sheet.table: sheet
    for sheet in (
        _sheet("hospitals", {"hospital_id": ["H1", "H2"], "name": ["North", "Sür"], "timezone": ["America/New_York", "UTC"]}),
        _sheet("payers", {"payer_id": ["INS", "GOV"], "name": ["Blue", "State"], "payer_type": ["insurance", "government"]}),
        _sheet("patients", {
            "patient_id": _many("P{n}"), "hospital_id": "H1", "first_name": "Zoë", "last_name": "Brzęczyk",
            "date_of_birth": _many("1950-03-{d}"), "ssn": _many("123-45-67{d}"), "phone": "+1 555 0100",
        }),
        _sheet("invoices", {
            "invoice_id": _many("00{n}"), "hospital_id": "H1", "patient_id": _many("P{n}"), "invoice_date": _many("2025-05-{d}"),
            "due_date": _many("2025-06-{d}"), "tax": "1.00", "total": _many("1{d}.50"), "status": "issued", "payer_id": "INS",
            "disputed": "no", "created_at": _many("2025-05-{d}T10:00:00-04:00"), "updated_at": _many("2025-05-{d} 10:00"),
        }),
        _sheet("payments", {
            "payment_id": _many("Y{n}"), "invoice_id": _many("00{n}"), "patient_id": _many("P{n}"),
            "payment_date": _many("2025-06-{d}"), "amount": _many("{n}0.25"), "status": "paid", "method": "card",
            "updated_at": _many("2025-06-{d}T09:30:00Z"),
        }),
        _sheet("adjustments", {
            "adjustment_id": _many("A{n}"), "invoice_id": _many("00{n}"), "adjustment_date": _many("2025-06-{d}"),
            "amount": "5.00", "kind": "contractual", "reason": "agreed",
        }),
        _sheet("payment_schedules", {
            "invoice_id": _many("00{n}"), "due_date": _many("2025-07-{d}"), "amount": _many("{n}.00"),
        }),
        _sheet("charges", {
            "charge_id": _many("C{n}"), "hospital_id": "H1", "provider_id": "D1", "ticket_number": _many("T{n}"),
            "case_date": _many("2025-05-{d}"), "cpt_code": "00100", "units": "1.5", "minutes": "45",
            "billed_amount": _many("{n}00.00"), "modifiers": "P3,QK",
        }),
    )
}  # fmt: skip
