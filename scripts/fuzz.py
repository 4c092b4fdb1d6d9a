"""Break source files in every way and land them: never a traceback, and every row and cent of them accounted for."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import click
import psycopg

from pipeline import landing
from pipeline.context import RunContext
from pipeline.sources import open_source
from scripts.fuzzing.clinic import clinic
from scripts.fuzzing.files import write
from scripts.fuzzing.trial import INSTANT, broken_folder, land
from warehouse import embedded, migrate
from warehouse.engine import connect, scalar
from warehouse.settings import Secrets, load_secrets

_SHOWN_FAULTS = 5


@click.command(help=__doc__)
@click.option("--files", type=click.IntRange(min=1), default=1_000, show_default=True, help="How many files.")
@click.option("--seed", type=int, help="The same seed breaks the same files; a new one if left out.")
@click.option("--only", type=int, help="One file of that seed, by its number; its folder is kept.")
def main(files: int, seed: int | None, only: int | None) -> None:
    """Run in a scratch warehouse that goes afterwards."""
    chosen = SystemRandom().randrange(10**9) if seed is None else seed
    home = Path(tempfile.mkdtemp(prefix="daybook-fuzz-"))
    os.environ.pop("DATABASE_URL", None)
    os.environ["DAYBOOK_HOME"] = str(home)
    try:
        _without_waiting_for_disks(embedded.start())
        migrate.upgrade()
        faults = fuzz(home / "files", chosen, range(files) if only is None else [only])
    finally:
        embedded.stop()
        shutil.rmtree(embedded.cluster().folder, ignore_errors=True)
        if only is None:
            shutil.rmtree(home, ignore_errors=True)
    if only is not None:
        click.echo(f"The files are in {home / 'files'}.")
    sys.exit(1 if faults else 0)


def _without_waiting_for_disks(url: str) -> None:
    """Spare the scratch warehouse what only outlives a crash: each file makes and drops tables, which take minutes to sync."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {setting} = off".encode())
        connection.execute("select pg_reload_conf()")


def fuzz(folder: Path, seed: int, numbers: range | list[int]) -> int:
    """Try the files of a seed; print how it went; return the number of faults.

    Each is landed alone, by turns as a source's first delivery and over one that was accepted before.
    """
    started, keys, outcomes = time.monotonic(), load_secrets(), Counter[str]()
    with connect("etl") as connection:
        _accept_clinic(connection, folder, keys)
        for number in numbers:
            is_known = number % 2 == 1
            broken = broken_folder(folder, Random(f"{seed}/{number}"), is_known)
            try:
                outcomes[land(connection, folder, broken, keys, "known" if is_known else "new")] += 1
            except Exception:  # whatever it is, it is what is looked for
                outcomes["fault"] += 1
                if outcomes["fault"] <= _SHOWN_FAULTS:
                    click.echo(
                        f"File {number} ({broken.file}: {', '.join(broken.done)}):\n{traceback.format_exc()}", err=True
                    )
    total = len(numbers)
    good = total - outcomes["fault"]
    click.echo(
        f"{good}/{total} files: {outcomes['landed']} landed with every row and cent accounted for, "
        f"{outcomes['refused']} refused in one sentence. Seed {seed}, {time.monotonic() - started:.0f} s."
    )
    return outcomes["fault"]


def _accept_clinic(connection: psycopg.Connection[Any], folder: Path, keys: Secrets) -> None:
    """Let source ``known`` have a history: the unbroken clinic."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in clinic().items():
        (folder / f"{name}.csv").write_bytes(write(sheet, ".csv", Random(0)))
    with connection.transaction():
        run_id = scalar(
            connection,
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id",
            [INSTANT, INSTANT],
        )
        with open_source("known", str(folder)) as source:
            landing.land_source(connection, source, RunContext(run_id, INSTANT), keys)
        landing.accept(connection, run_id)


if __name__ == "__main__":
    main()
