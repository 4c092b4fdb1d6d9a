"""Daybook with a sample hospital group, or with your own files: database, one run, a user per role, portal and worker."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from scripts import demo_users, session
from scripts.generate import DEFAULT_INVOICES, DEFAULT_SEED
from scripts.supervise import ProgramError, Supervisor
from warehouse import embedded, migrate
from warehouse.engine import connect
from warehouse.settings import ROOT, home, write_private

_HOST = "127.0.0.1"
# The demonstration has a database of its own: whatever production settings stand in the shell must not reach it.
_NOT_OURS = ("DATABASE_URL", "DAYBOOK_ETL_URL", "DAYBOOK_PORTAL_URL", "DAYBOOK_ENV", "DAYBOOK_GATES")
_EARLIEST_ZONE = ZoneInfo("America/Denver")


@dataclass(frozen=True)
class Order:
    """What was asked for. ``source`` is None for the sample group."""

    port: int
    source: str | None
    mapping: str | None
    business_date: date | None
    invoices: int


@click.command(help=__doc__)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--reset", is_flag=True, help="Forget database, users and sample data, and start over.")
@click.option("--source", metavar="DIR_OR_URL", help="Show your own data, in a database apart from the sample's.")
@click.option("--mapping", metavar="FILE", help="How its layout maps to Daybook's tables.")
@click.option(
    "--business-date", type=click.DateTime(["%Y-%m-%d"]), help="Day on which the figures stand (today if left out)."
)
@click.option(
    "--invoices", type=click.IntRange(min=10), default=DEFAULT_INVOICES, show_default=True, help="Size of the sample."
)
def main(
    port: int, reset: bool, source: str | None, mapping: str | None, business_date: datetime | None, invoices: int
) -> None:
    """Set up what is missing, start everything, and stay until stopped."""
    if mapping and not source:
        raise click.UsageError("--mapping needs the --source that it reads.")
    day = business_date.date() if business_date else None
    order = Order(port, _absolute(source), _absolute(mapping), day, invoices)
    session.run_as_command(lambda: _demo(order, reset))


def _demo(order: Order, reset: bool) -> None:
    isolate(order)
    session.require_port(_HOST, order.port)
    with session.sole_use(home()), session.session(dict(os.environ), own_database=True) as supervisor:
        if reset:
            forget()
        session.require_space(home())
        print("Starting the database …", flush=True)
        embedded.start()
        migrate.upgrade()
        if not _is_published():
            _publish(supervisor, order)
        password = _ensure_users()
        address = session.start_portal(supervisor, _HOST, order.port)
        _welcome(address, password, order)
        supervisor.watch()


def isolate(order: Order) -> None:
    """Give this process and its programs the demonstration's own state folder and nothing of another installation."""
    if os.environ.get("DATABASE_URL"):
        print("DATABASE_URL is set and left alone: the demonstration uses a database of its own.", flush=True)
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    folder = home()
    if order.source:
        mark = hashlib.sha256(f"{order.source}\n{order.mapping}".encode()).hexdigest()[:10]
        folder = folder / "own" / mark
    os.environ["DAYBOOK_HOME"] = str(folder)


def forget() -> None:
    """Remove what the demonstration keeps, and nothing else: the state folder may be anybody's."""
    embedded.stop()
    for folder in (embedded.cluster().folder, _sample(), home() / "logs"):
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("demo.json", "secrets.json", "sources.yml", "postgres.lock", "warehouse-down-told"):
        (home() / name).unlink(missing_ok=True)


def _is_published() -> bool:
    with connect("owner") as connection:
        return connection.execute("select 1 from ops.builds where state = 'live'").fetchone() is not None


def _publish(supervisor: Supervisor, order: Order) -> None:
    source, day = order.source, order.business_date
    if source is None:
        day = day or datetime.now(_EARLIEST_ZONE).date()  # a day that every hospital of the sample has reached
        source = str(_sample())
        print(f"Generating a hospital group of {order.invoices:,} invoices …", flush=True)
        _generate(order.invoices, day)
    command = [sys.executable, str(ROOT / "etl.py"), "run", "--source", source]
    command += ["--mapping", order.mapping] if order.mapping else []
    command += ["--business-date", day.isoformat()] if day else []
    code = supervisor.run("etl.py run", command)
    if code:
        raise ProgramError(
            f"etl.py run ended with exit code {code}, so there is nothing to show: its message stands above."
        )


def _generate(invoices: int, day: date) -> None:
    from scripts.sample_data.generator import generate

    making = _sample().with_name("sample.making")
    shutil.rmtree(making, ignore_errors=True)
    generate(making, DEFAULT_SEED, day, invoices)
    shutil.rmtree(_sample(), ignore_errors=True)
    making.rename(_sample())


def _ensure_users() -> str:
    """Return the demonstration's password; make the users at the first start."""
    path = home() / "demo.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"password": demo_users.new_password()}
    password = str(kept["password"])
    if kept.get("complete"):
        return password
    print("Creating a user for each role …", flush=True)
    # Kept before the first user has it: a start that is cut off here is finished by the next one.
    write_private(path, json.dumps({"password": password, "complete": False}))
    request = demo_users.request_for(demo_users.plan(), password)
    command = [sys.executable, "-m", "scripts.demo_users"]
    result = subprocess.run(
        command,
        input=request,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        start_new_session=True,
    )
    if result.returncode:
        raise ProgramError(
            result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "The users cannot be created."
        )
    write_private(path, json.dumps({"password": password, "complete": True}))
    return password


def _welcome(address: str, password: str, order: Order) -> None:
    lines = ["", f"Daybook is at {address}", "", f"  {'Sign in as':<36}password (all): {password}"]
    lines += [f"    {user.email:<34}{_SEES[user.role]}" for user in demo_users.plan()]
    lines += [
        "",
        "Try",
        *(f"  {hint}" for hint in _hints(address, order)),
        "",
        "Ctrl-C stops everything; the data stay.",
        "",
    ]
    print("\n".join(lines), flush=True)


_SEES: Mapping[str, str] = {
    "viewer": "revenue and aging totals, no patients",
    "patient_accounts": "+ patients, payment history, outstanding invoices",
    "accountant": "+ financial reports and exports",
    "hospital_admin": "+ ETL runs and users, one hospital only",
    "provider": "own figures",
    "practice_manager": "figures of the linked providers",
    "analyst": "definitions",
    "auditor": "the audit log",
    "super_admin": "everything",
}


def _hints(address: str, order: Order) -> list[str]:
    here = Path.cwd() == ROOT
    etl = ".venv/bin/python etl.py" if here else f"{sys.executable} {ROOT / 'etl.py'}"
    if home() != ROOT / ".daybook":
        etl = f"DAYBOOK_HOME={home()} {etl}"
    hints = [
        f"{address}/staff/reports/revenue   revenue by week or month, by department, doctor or payer",
        f"{address}/staff/outstanding   who owes what, and for how long, on any past day",
        f"{etl} status   runs, gates and builds",
    ]
    if order.source is None:
        sample = _sample().relative_to(ROOT) if here and _sample().is_relative_to(ROOT) else _sample()
        hints.append(f"change a file in {sample}, then: {etl}")
    return hints


def _sample() -> Path:
    return home() / "sample"


def _absolute(text: str | None) -> str | None:
    """Make a path independent of the working folder; URLs and names of shipped mappings stay as they are."""
    if text is None or "://" in text or not Path(text).exists():
        return text
    return str(Path(text).absolute())


if __name__ == "__main__":
    main()
