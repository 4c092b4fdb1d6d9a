"""Ask for write-offs and decide them through the API while runs come and go, and compare everything that is shown in the end.

After each step of each desk the balance shown must be right, whatever a run is doing. In the end the ledger, the API and the page
must say what an independent recomputation says, before and after one more run.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random, SystemRandom

import click

from scripts import session
from scripts.crashing.clinic import Clinic
from scripts.soaking.books import Books
from scripts.soaking.caller import Caller, page_text
from scripts.soaking.desk import Desk
from scripts.supervise import Supervisor
from warehouse import embedded, migrate
from warehouse.engine import connect
from warehouse.settings import ROOT

_DESKS, _INVOICES_OF_EACH = 3, 8
_HOSPITALS = ("H1", "H2")
_LEDGER = """
select invoice_id, sum(amount) from (
  select invoice_id, amount from {schema}.fct_receivable_events
  union all
  select invoice_id, case kind when 'reversal' then amount else -amount end from portal.write_off_decisions d
  where not exists (
    select from ops.build_decisions c join ops.builds b using (build_id)
    where b.state = 'live' and c.decision_id = d.decision_id
  )
) as events group by 1 having sum(amount) <> 0
"""


@dataclass(frozen=True)
class Portal:
    """The portal that is soaked: people by name, and the password of all."""

    address: str
    people: dict[str, Caller]
    password: str


@click.command(help=__doc__)
@click.option("--minutes", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="For how long.")
@click.option("--seed", type=int, help="The same seed asks for the same, as far as a machine can.")
@click.option("--port", type=click.IntRange(1, 65535), default=8990, show_default=True, help="Of the portal meanwhile.")
def main(minutes: float, seed: int | None, port: int) -> None:
    """Soak a scratch warehouse and portal that go afterwards."""
    chosen = SystemRandom().randrange(10**9) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="daybook-soak-"))
    os.environ.pop("DATABASE_URL", None)
    limits = (f"DAYBOOK_{name}_LIMIT" for name in ("API", "ADDRESS", "SEARCH", "FILE"))
    os.environ |= {"DAYBOOK_HOME": str(folder / "home")} | dict.fromkeys(limits, "1000000 per minute")
    books = Books()
    try:
        session.run_as_command(lambda: soak(folder, minutes, chosen, port, books))
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in books.faults[:20]:
        click.echo(fault, err=True)
    sys.exit(1 if books.faults else 0)


def soak(folder: Path, minutes: float, seed: int, port: int, books: Books) -> None:
    """Work and run for some minutes, then compare; what is wrong is in ``books.faults``."""
    rng = Random(seed)
    clinic = Clinic(folder / "source", rng)
    for _ in range(_DESKS * _INVOICES_OF_EACH):
        clinic.grow()
    session.require_port("127.0.0.1", port)
    embedded.start()
    migrate.upgrade()
    _run(clinic, books)
    with session.session(dict(os.environ), own_database=True) as supervisor:
        portal = _open(supervisor, port)
        stop = threading.Event()
        began = time.monotonic()
        desks = [threading.Thread(target=desk.work, args=[stop]) for desk in _desks(portal, books, rng)]
        for desk in desks:
            desk.start()
        while time.monotonic() - began < minutes * 60:
            clinic.grow()
            _run(clinic, books)
        stop.set()
        for desk in desks:
            desk.join()
        total = _compare(portal, books, "before the last run")
        _run(clinic, books)
        total = _compare(portal, books, "after the last run") or total
    did = ", ".join(f"{count:,} {what}" for what, count in sorted(books.done.items()))
    click.echo(
        f"{did}; {len(books.faults)} faults. In the end ledger, page and API were compared with {total:,.2f} open and"
        f" {books.total_written_off:,.2f} written off as recomputed. Seed {seed}, {time.monotonic() - began:.0f} s."
    )


def _run(clinic: Clinic, books: Books) -> None:
    command = [sys.executable, str(ROOT / "etl.py"), "run", "--source", f"main={clinic.folder}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    books.count("runs")
    if ended.returncode:
        books.fault(f"a run exited {ended.returncode}: {ended.stderr[-2000:]}")
    else:
        books.enter(clinic.tables["invoices"], clinic.tables["payments"])


def _open(supervisor: Supervisor, port: int) -> Portal:
    """Start the portal with an accountant and two administrators."""
    from portal import create_app
    from portal.services import tokens, users

    app, password = create_app(), secrets.token_hex(12)
    named = {"accountant": "accountant", "first": "hospital_admin", "second": "hospital_admin"}
    made: dict[str, str] = {}
    with app.app_context():
        for name, role in named.items():
            users.create(f"{name}@soak.example", password, [role], _HOSPITALS, by="soak")
            made[name] = tokens.create(f"{name}@soak.example", 1, datetime.now(UTC), by="soak")
    address = session.start_portal(supervisor, "127.0.0.1", port)
    return Portal(address, {name: Caller(address, token) for name, token in made.items()}, password)


def _desks(portal: Portal, books: Books, rng: Random) -> list[Desk]:
    people = portal.people
    known = sorted(books.balances)
    return [
        Desk(people["accountant"], [people["first"], people["second"]], known[n::_DESKS], books, Random(rng.random()))
        for n in range(_DESKS)
    ]


def _compare(portal: Portal, books: Books, when: str) -> Decimal:
    """Compare what ledger, API and page say with the books; return what is open."""
    right, total = books.balances, sum(books.balances.values(), Decimal(0))
    api = portal.people["accountant"]
    listed: dict[str, Decimal] = {}
    for row in api.every("/reports/outstanding"):
        listed[row["invoiceId"]] = listed.get(row["invoiceId"], Decimal(0)) + Decimal(row["amountDue"])
    aging = api.call("GET", "/financial-reports/ar-aging")[1]["data"]
    ever = "?startDate=1900-01-01&endDate=2200-12-31"
    # The roll-forward counts in months: as many as there may be.
    months = api.call("GET", "/financial-reports/roll-forward?startDate=2025-01-01&endDate=2200-12-31")[1]["data"]
    written_off = api.call("GET", f"/financial-reports/write-offs/summary{ever}")[1]["data"]["totalWriteOff"]
    page = page_text(portal.address, "accountant@soak.example", portal.password, "/staff/outstanding")
    shown = re.search(r"Outstanding \$([\d,]+\.\d\d)", page)
    said = {
        "the ledger": (_ledger(), right),
        "the list of outstanding invoices": (listed, right),
        "aging": (Decimal(aging["totalOutstanding"]), total),
        "the roll-forward": (Decimal(months[-1]["closing"]), total),
        "the roll-forward's write-offs": (
            sum(Decimal(month["writtenOff"]) for month in months),
            books.total_written_off,
        ),
        "the summary of write-offs": (Decimal(written_off), books.total_written_off),
        "the page": (Decimal(shown[1].replace(",", "")) if shown else None, total),
    }
    for what, (found, expected) in said.items():
        if found != expected:
            books.fault(f"{when}, {what} says {found}, right is {expected}")
    return total


def _ledger() -> dict[str, Decimal]:
    with connect("owner") as connection:
        (schema,) = connection.execute("select schema_name from ops.builds where state = 'live'").fetchall()[0]
        return dict(connection.execute(_LEDGER.format(schema=schema)).fetchall())


if __name__ == "__main__":
    main()
