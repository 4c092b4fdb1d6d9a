"""The charges behind the invoices: a ticket for each visit, a few lines, some taken back, some billed again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from scripts.sample_data import pay
from scripts.sample_data.billing import Bill
from scripts.sample_data.money import share, text
from scripts.sample_data.pay import Payroll
from scripts.sample_data.procedures import MODIFIERS, PROCEDURES, Procedure
from scripts.sample_data.tables import Row, Tables

_SECOND_LINE = 2_500  # basis points of the visit


@dataclass(frozen=True)
class Case:
    """What the lines of a case have in common."""

    bill: Bill
    ticket: str
    minutes: int | None
    modifiers: str


def add_practice(tables: Tables, rng: Random, bills: list[Bill], providers: dict[str, list[str]], end: date) -> None:
    """Add procedure units, plans, the charges of ``bills``, and statements."""
    pay.add_units(tables, end)
    payroll = pay.add_plans(tables, rng, providers, end)
    collected = _collected(tables)
    for bill in bills:
        posted = bill.day + timedelta(days=rng.choice((1, 1, 2, 3, 5)))
        # A few visits never reach the charges: the cases that a billing audit looks for.
        if bill.row["status"] != "draft" and posted <= end and rng.randrange(1_000) >= 5:
            _charge_visit(tables, rng, bill, min(collected[bill.row["invoice_id"]], bill.subtotal), posted, payroll)
    pay.add_statements(tables, rng, payroll)


def _collected(tables: Tables) -> Counter[str]:
    """Return what was received on each invoice, in cents."""
    collected: Counter[str] = Counter()
    for table in ("payments", "allocations"):
        for row in tables.rows[table]:
            if row.get("status", "paid") == "paid":
                collected[row["invoice_id"]] += int(row["amount"].replace(".", ""))
    return collected


def _charge_visit(tables: Tables, rng: Random, bill: Bill, paid: int, posted: date, payroll: Payroll) -> None:
    codes = _codes(rng, bill)
    minutes = None if rng.randrange(100) < 2 else rng.randrange(*codes[0].minutes)
    modifiers = rng.choices([text for _, text in MODIFIERS], weights=[weight for weight, _ in MODIFIERS])[0]
    case = Case(bill, tables.number("TK"), minutes, modifiers)
    billed, received = _split(bill.subtotal, len(codes)), _split(paid, len(codes))
    later = min(posted + timedelta(days=rng.randrange(3, 30)), payroll.end)
    fate = rng.randrange(1_000)
    is_corrected = 5 <= fate < 30
    if is_corrected:
        wrong = _line(tables, case, codes[0], billed[0] + 1_500, 0, posted, extra_minutes=30)
        _take_back(tables, wrong, later)
    day = later if is_corrected else posted
    lines = [
        _line(tables, case, code, cents, got, day) for code, cents, got in zip(codes, billed, received, strict=True)
    ]
    if fate < 5 or bill.row["status"] in ("cancelled", "void"):
        for line in lines:
            _take_back(tables, line, later)
    else:
        payroll.add_case(bill.provider, bill.day, codes, minutes, modifiers)


def _codes(rng: Random, bill: Bill) -> list[Procedure]:
    choices = PROCEDURES[bill.department.code]
    first = rng.choice(choices)
    others = [code for code in choices if code is not first]
    return [first, rng.choice(others)] if rng.randrange(100) < 35 else [first]


def _split(cents: int, parts: int) -> list[int]:
    second = share(cents, _SECOND_LINE)
    return [cents] if parts == 1 else [cents - second, second]


def _line(
    tables: Tables, case: Case, code: Procedure, cents: int, paid: int, posted: date, extra_minutes: int = 0
) -> Row:
    minutes = "" if case.minutes is None else str(case.minutes + extra_minutes)
    return tables.add(
        "charges", charge_id=tables.number("CHG"), hospital_id=case.bill.hospital.hospital_id,
        provider_id=case.bill.provider, ticket_number=case.ticket, case_date=case.bill.day.isoformat(),
        posted_date=posted.isoformat(), cpt_code=code.code, modifiers=case.modifiers, units="1", minutes=minutes,
        billed_amount=text(cents), paid_amount=text(paid), patient_id=case.bill.patient.patient_id,
    )  # fmt: skip


def _take_back(tables: Tables, line: Row, day: date) -> None:
    """Reverse a line: its amount and its units below zero, and what was paid on it."""
    paid = int(line["paid_amount"].replace(".", ""))
    changes = {"charge_id": tables.number("CHG"), "posted_date": day.isoformat(), "units": "-1"}
    amounts = {"billed_amount": f"-{line['billed_amount']}", "paid_amount": text(-paid)}
    tables.add("charges", **(line | changes | amounts))
