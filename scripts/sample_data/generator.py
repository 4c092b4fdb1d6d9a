"""From a seed and an end date to a folder of CSV files in the canonical layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from scripts.sample_data import billing, calendar, charges, group, people, settlement, spreading
from scripts.sample_data.billing import Bill
from scripts.sample_data.dirt import Dirt, soil
from scripts.sample_data.people import Patient
from scripts.sample_data.tables import Tables


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        rows: rows by table, broken ones included.
        dirt: which of them are broken on purpose.
    """

    rows: dict[str, int]
    dirt: Dirt


def generate(folder: Path, seed: int, end: date, invoices: int) -> Summary:
    """Write the sample group's three years up to ``end`` into ``folder``.

    Args:
        folder: is created; files of the same names are replaced.
        seed: chooses the world; the same seed and end date give the same bytes.
        end: last day on which anything happens.
        invoices: how many good invoices.

    Returns:
        What was written.
    """
    rng = Random(seed)
    tables = Tables()
    providers = people.add_group(tables, rng, end)
    all_bills: list[Bill] = []
    for hospital in group.HOSPITALS:
        count = max(1, invoices * hospital.weight // 100)
        patients = people.add_patients(tables, rng, hospital, count, end)
        bills: list[Bill] = []
        for day in calendar.pick_days(rng, end, count):
            bill = billing.bill(tables, rng, hospital, rng.choice(patients), day, end, providers)
            settlement.settle(tables, rng, bill, end)
            _surprise(tables, rng, bill, patients)
            bills.append(bill)
        spreading.spread(tables, rng, bills, end)
        for bill in bills:
            settlement.finish(tables, rng, bill, end)
        all_bills += bills
    # Numbers of its own: what is charged does not change who is billed and who pays.
    charges.add_practice(tables, Random(f"charges {seed}"), all_bills, providers, end)
    added = soil(tables, rng, end)
    tables.write(folder)
    return Summary({table: len(rows) for table, rows in tables.rows.items()}, added)


def _surprise(tables: Tables, rng: Random, bill: Bill, patients: list[Patient]) -> None:
    """Now and then a visit without an invoice, money without one, or money for one that is not ours."""
    chance = rng.randrange(1_000)
    if chance < 60:
        tables.add(
            "appointments", appointment_id=tables.number("APT"), hospital_id=bill.hospital.hospital_id,
            patient_id=rng.choice(patients).patient_id, appointment_at=bill.day.isoformat(),
            status=rng.choice(("no_show", "cancelled")),
        )  # fmt: skip
    elif chance < 64:
        unmatched = settlement.pay(tables, rng, bill, rng.randrange(1_000, 20_000), bill.day, "check", status="pending")
        unmatched |= {"status": "paid", "invoice_id": "" if chance < 62 else tables.number("OLD")}
