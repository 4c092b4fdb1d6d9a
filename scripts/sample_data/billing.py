"""Visits and the invoices for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from scripts.sample_data import calendar, group
from scripts.sample_data.group import Department, Hospital
from scripts.sample_data.money import share, text
from scripts.sample_data.people import Patient
from scripts.sample_data.tables import Row, Tables


@dataclass
class Bill:
    """An invoice while its life is played out: ``open`` is what is still owed on it, in cents."""

    row: Row
    hospital: Hospital
    patient: Patient
    day: date
    due: date | None
    subtotal: int
    total: int
    department: Department
    provider: str
    open: int = 0
    counts: bool = True
    last_event: date = field(default_factory=lambda: date.min)

    def __post_init__(self) -> None:
        self.open = self.total
        self.last_event = self.day

    def settle(self, cents: int, day: date) -> None:
        """Lower what is owed by ``cents`` on ``day``."""
        self.open -= cents
        self.last_event = max(self.last_event, day)


def bill(
    tables: Tables,
    rng: Random,
    hospital: Hospital,
    patient: Patient,
    day: date,
    end: date,
    providers: dict[str, list[str]],
) -> Bill:
    """Add one visit of ``patient`` on ``day`` and the invoice for it."""
    department = _department(rng, hospital, day, end)
    provider = rng.choice(providers[department.department_id])
    where = _attribution(tables, rng, hospital, patient, day, department, provider)
    subtotal, discount, tax = _charge(rng, hospital, department, patient)
    due = (
        None if rng.randrange(100) < 2 else day + timedelta(days=45 if patient.payer.payer_type == "government" else 30)
    )
    row = tables.add(
        "invoices", invoice_id=tables.number("INV"), hospital_id=hospital.hospital_id, patient_id=patient.patient_id,
        invoice_date=day.isoformat(), due_date=due.isoformat() if due else "", subtotal=text(subtotal), tax=text(tax),
        discount=text(discount), total=text(subtotal + tax - discount), status="sent", payer_id=patient.payer.payer_id,
        currency="USD", billed_at=_billed_at(rng, day, end), disputed="false",
        created_at=calendar.moment(rng, _keyed_in(rng, day, end), hospital.utc_offset), **where,
    )  # fmt: skip
    total = subtotal + tax - discount
    return Bill(row, hospital, patient, day, due, subtotal, total, department, provider)


def _department(rng: Random, hospital: Hospital, day: date, end: date) -> Department:
    choices = [
        department
        for department in group.DEPARTMENTS
        if department.hospital_id == hospital.hospital_id and calendar.is_open(department, day, end)
    ]
    return rng.choices(choices, weights=[department.weight for department in choices])[0]


def _attribution(
    tables: Tables, rng: Random, hospital: Hospital, patient: Patient, day: date, department: Department, provider: str
) -> Row:
    """Say on the invoice where the visit was: its own ids, its appointment, that day's appointment only, or nothing."""
    ids = {"department_id": department.department_id, "provider_id": provider}
    way = rng.randrange(100)
    if way < 4:
        return {}
    if way < 30:
        return ids
    appointment = tables.add(
        "appointments", appointment_id=tables.number("APT"), hospital_id=hospital.hospital_id,
        patient_id=patient.patient_id, appointment_at=day.isoformat(), status="completed", **ids,
    )  # fmt: skip
    if way < 42:
        return {}
    if way < 66:
        return {"appointment_id": appointment["appointment_id"]}
    return ids | {"appointment_id": appointment["appointment_id"]}


def _charge(rng: Random, hospital: Hospital, department: Department, patient: Patient) -> tuple[int, int, int]:
    """Return subtotal, discount and tax in cents."""
    subtotal = department.typical * round(rng.lognormvariate(0, 0.55) * 1_000) // 1_000 + rng.randrange(100)
    prompt = patient.payer.payer_type == "self_pay" and rng.randrange(100) < 12
    discount = share(subtotal, 1_000) if prompt else 0
    tax = share(subtotal - discount, hospital.tax_rate) if department.taxable else 0
    return subtotal, discount, tax


def _billed_at(rng: Random, day: date, end: date) -> str:
    billed = day + timedelta(days=rng.choice((0, 0, 1, 1, 2, 4)))
    return billed.isoformat() if billed <= end else ""


def _keyed_in(rng: Random, day: date, end: date) -> date:
    """Most invoices are entered on their day, a few are entered late."""
    late = rng.randrange(1, 21) if rng.randrange(100) == 0 else 0
    return min(day + timedelta(days=late), end)
