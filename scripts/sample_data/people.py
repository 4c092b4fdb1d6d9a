"""Who works there, who pays, and who is treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from scripts.sample_data import group
from scripts.sample_data.group import Department, Hospital, Payer
from scripts.sample_data.money import text
from scripts.sample_data.tables import Tables

_INVOICES_PER_PATIENT = 5


@dataclass(frozen=True)
class Patient:
    """A patient and who usually pays for them."""

    patient_id: str
    payer: Payer


def add_group(tables: Tables, rng: Random, end: date) -> dict[str, list[str]]:
    """Add hospitals, departments, payers, providers and monthly costs; return provider ids by department."""
    for hospital in group.HOSPITALS:
        tables.add(
            "hospitals", hospital_id=hospital.hospital_id, name=hospital.name, timezone=hospital.timezone, currency="USD",
            fiscal_year_start=str(hospital.fiscal_year_start), tax_rates=text(hospital.tax_rate),
        )  # fmt: skip
        _add_costs(tables, rng, hospital, end)
    for payer in group.PAYERS:
        tables.add("payers", payer_id=payer.payer_id, name=payer.name, payer_type=payer.payer_type)
    return {department.department_id: _add_department(tables, rng, department) for department in group.DEPARTMENTS}


def add_patients(tables: Tables, rng: Random, hospital: Hospital, invoices: int, end: date) -> list[Patient]:
    """Add the patients of a hospital, enough for ``invoices``, some of them with one name in common."""
    patients = []
    for _ in range(max(3, invoices // _INVOICES_PER_PATIENT)):
        patient_id = tables.number("PT" + hospital.hospital_id[1:])
        first, last = _name(rng)
        born = end - timedelta(days=rng.randrange(90, 33_000))
        mailbox = f"{first[0]}.{last}".lower().encode("ascii", "ignore").decode().replace("'", "")
        tables.add(
            "patients", patient_id=patient_id, hospital_id=hospital.hospital_id, first_name=first, last_name=last,
            date_of_birth=born.isoformat(), ssn=f"9{rng.randrange(100):02d}-{rng.randrange(70, 90)}-{rng.randrange(10_000):04d}",
            phone=f"({rng.choice((212, 303, 518, 720))}) 555-01{rng.randrange(100):02d}",
            email=f"{mailbox}{rng.randrange(1_000)}@example.org",
            address=f"{rng.randrange(1, 990)} {rng.choice(group.STREETS)} Street",
        )  # fmt: skip
        payer = rng.choices(group.PAYERS, weights=[payer.weight for payer in group.PAYERS])[0]
        patients.append(Patient(patient_id, payer))
    return patients


def _add_department(tables: Tables, rng: Random, department: Department) -> list[str]:
    tables.add(
        "departments", department_id=department.department_id, hospital_id=department.hospital_id, code=department.code,
        name=department.name,
    )  # fmt: skip
    providers = []
    for _ in range(department.providers):
        provider_id = tables.number("DR", width=3)
        first, last = _name(rng)
        tables.add(
            "providers", provider_id=provider_id, hospital_id=department.hospital_id,
            department_id=department.department_id, name=f"Dr {first} {last}", specialization=group.SPECIALTIES[department.code],
        )  # fmt: skip
        providers.append(provider_id)
    return providers


def _add_costs(tables: Tables, rng: Random, hospital: Hospital, end: date) -> None:
    month = end.replace(day=1)
    for _ in range(36):
        month = (month - timedelta(days=1)).replace(day=1)
        amount = hospital.weight * 60_000 + rng.randrange(-200_000, 200_000)
        tables.add("operating_costs", hospital_id=hospital.hospital_id, month=month.isoformat(), amount=text(amount))


def _name(rng: Random) -> tuple[str, str]:
    return rng.choice(group.FIRST_NAMES), rng.choice(group.LAST_NAMES)
