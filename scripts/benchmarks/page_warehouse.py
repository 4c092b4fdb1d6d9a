"""A generated hospital group, run and published in a warehouse of its own, with people who may sign in."""

from __future__ import annotations

import csv
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from scripts.sample_data.generator import generate
from scripts.supervise import ProgramError
from warehouse import embedded, migrate
from warehouse.engine import connect
from warehouse.settings import ROOT

# Who uses the portal all day: each of these in turn.
ROLES = ("accountant", "viewer", "patient_accounts", "hospital_admin")
# The worst to ask for: the patient who paid most often, the oldest open invoice, the doctor with most cases.
_PATIENT = """
    select hospital_id, patient_id from {schema}.patient_payment_history group by 1, 2 order by count(*) desc, 1, 2 limit 1
"""
_INVOICE = "select hospital_id, invoice_id from {schema}.outstanding_payments order by days_overdue desc, id limit 1"
_DOCTOR = """
    select p.hospital_id, p.provider_id, to_char(max(c.case_date), 'YYYY-MM') from {schema}.fct_case_compensation as c
    join {schema}.dim_providers as p on p.provider_key = c.provider_key group by 1, 2 order by count(*) desc, 1, 2 limit 1
"""


@dataclass(frozen=True)
class Run:
    """The run that filled the warehouse: rows of the source, and how long they took to be live."""

    rows: int
    seconds: float


@dataclass(frozen=True)
class Examples:
    """What of the live build is asked for.

    Attributes:
        patient: hospital and id; ``invoice`` and ``doctor`` likewise.
        month: the doctor's last one, ``YYYY-MM``.
        run_id: of the run; ``user_id`` of somebody whom every administrator looks after.
        name: what the patient is called; ``born`` when, as the source says it.
    """

    patient: tuple[str, str]
    invoice: tuple[str, str]
    doctor: tuple[str, str]
    month: str
    run_id: int
    user_id: int
    name: str
    born: str


def build(folder: Path, invoices: int, seed: int, end: date) -> Run:
    """Make the live build in the embedded database of ``DAYBOOK_HOME``; one that ``folder`` holds already is used again.

    Raises:
        ProgramError: if the run does not end well.
    """
    kept, wanted = folder / "run.json", {"invoices": invoices, "seed": seed, "end": end.isoformat()}
    embedded.start()
    migrate.upgrade()
    if kept.exists() and (said := json.loads(kept.read_text(encoding="utf-8")))["made"] == wanted:
        return Run(**said["run"])
    summary = generate(folder / "source", seed, end, invoices)
    command = [sys.executable, str(ROOT / "etl.py"), "run", "--source", f"main={folder / 'source'}"]
    began = time.perf_counter()
    ended = subprocess.run(
        [*command, "--business-date", end.isoformat()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    run = Run(sum(summary.rows.values()), round(time.perf_counter() - began, 1))
    if ended.returncode:
        raise ProgramError(f"etl.py run ended with exit code {ended.returncode}: {ended.stderr[-2000:]}")
    kept.write_text(json.dumps({"made": wanted, "run": asdict(run)}), encoding="utf-8")
    return run


def examples(folder: Path) -> Examples:
    """Return whom and what to ask for."""
    with connect("owner") as connection:
        schema, run_id = connection.execute(
            "select schema_name, run_id from ops.builds where state = 'live'"
        ).fetchall()[0]
        user_id = connection.execute("select max(id) from portal.users").fetchall()[0][0]
        patient, invoice, doctor = (
            connection.execute(query.format(schema=schema)).fetchall()[0] for query in (_PATIENT, _INVOICE, _DOCTOR)
        )
    with (folder / "source" / "patients.csv").open(encoding="utf-8", newline="") as file:
        person = next(row for row in csv.DictReader(file) if (row["hospital_id"], row["patient_id"]) == tuple(patient))
    return Examples(
        tuple(patient),
        tuple(invoice),
        tuple(doctor[:2]),
        doctor[2],
        run_id,
        user_id,
        person["last_name"],
        person["date_of_birth"],
    )


def people(count: int) -> tuple[str, Sequence[str], str]:
    """Make a user who sees everything and ``count`` others of the usual roles.

    Returns:
        The address of the one, those of the others, and the password of all.
    """
    from portal import create_app
    from portal.services import users

    app, password, mark = create_app(), secrets.token_hex(12), secrets.token_hex(3)
    with connect("owner") as connection:
        live = "select hospital_id from ops.business_dates join ops.builds using (build_id) where state = 'live'"
        hospitals = [name for (name,) in connection.execute(live).fetchall()]
    others = [f"user{number}-{mark}@bench.example" for number in range(count)]
    with app.app_context():
        users.create(f"all-{mark}@bench.example", password, ["super_admin"], by="bench")
        for number, email in enumerate(others):
            users.create(email, password, [ROLES[number % len(ROLES)]], hospitals, by="bench")
    return f"all-{mark}@bench.example", others, password
