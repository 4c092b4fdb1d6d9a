"""One trial: a clinic with one broken file is landed; the file is refused in one sentence, or every row is accounted for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from psycopg import sql

from pipeline import landing
from pipeline.context import RunContext
from pipeline.errors import DaybookError
from pipeline.landing import TableCount
from pipeline.sources import open_source
from scripts.fuzzing.clinic import clinic
from scripts.fuzzing.files import ENDINGS, break_bytes, lines_of, write
from scripts.fuzzing.mutations import MUTATIONS
from warehouse.canonical import BY_NAME
from warehouse.engine import scalar
from warehouse.settings import Secrets

INSTANT = datetime(2025, 8, 1, 12, 0, tzinfo=UTC)
_LONGEST_SENTENCE = 3_000
_REFUSED, _LANDED = "refused", "landed"


class FaultError(Exception):
    """What must hold did not."""


@dataclass(frozen=True)
class Broken:
    """A folder with one broken file: which, what was done to it, and how many rows it has if that is easily said."""

    table: str
    file: str
    done: tuple[str, ...]
    lines: int | None


def broken_folder(folder: Path, rng: Random, is_whole: bool) -> Broken:
    """Write the clinic's files into an emptied ``folder``, one of them broken in one to four ways.

    Args:
        folder: where.
        rng: where chance comes from.
        is_whole: whether every table is delivered, or only those that every source has and the broken one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sheets = clinic()
    # The two tables that every source has hold the money: half of the files are theirs.
    table = rng.choice(["invoices", "payments"] if rng.random() < 0.5 else list(sheets))
    kept = set(sheets) if is_whole else {"hospitals", "invoices", "payments", table}
    done = rng.choices(list(MUTATIONS), k=rng.randint(1, 3)) if rng.random() < 0.9 else []
    for name in done:
        MUTATIONS[name](sheets[table], rng)
    ending = rng.choices(ENDINGS, weights=(7, 2, 2))[0]
    for name in sorted(kept - {table}):
        (folder / f"{name}.csv").write_bytes(write(sheets[name], ".csv", rng))
    content = write(sheets[table], ending, rng)
    if not done or rng.random() < 0.25:
        how, content = break_bytes(content, rng)
        done.append(how)
    file = table + (ending if rng.random() < 0.98 else rng.choice(ENDINGS))
    (folder / file).write_bytes(content)
    return Broken(table, file, tuple(done), lines_of(content) if file.endswith(".csv") else None)


def land(connection: psycopg.Connection[Any], folder: Path, broken: Broken, keys: Secrets, name: str) -> str:
    """Land the folder as source ``name``, check what must hold, and take it back.

    Returns:
        ``refused`` if the source was refused in one sentence, else ``landed``.

    Raises:
        FaultError: if something did not hold.
    """
    with connection.transaction(force_rollback=True):
        run_id = scalar(
            connection,
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id",
            [INSTANT, INSTANT],
        )
        try:
            with open_source(name, str(folder)) as source:
                read = {
                    table: sum(len(c.lines) + len(c.unreadable) for c in source.read(table)) for table in source.tables
                }
            with open_source(name, str(folder)) as source, connection.transaction():
                counts = landing.land_source(connection, source, RunContext(run_id, INSTANT), keys)
        except DaybookError as error:
            _check_sentence(str(error))
            return _REFUSED
        if broken.lines is not None and read[broken.table] != broken.lines:
            raise FaultError(f"{broken.file} has {broken.lines} rows, and {read[broken.table]} were read")
        for count in counts:
            _check(connection, count, read[count.table_name])
        return _LANDED


def _check_sentence(sentence: str) -> None:
    if not sentence or "\n" in sentence or "Traceback" in sentence or len(sentence) > _LONGEST_SENTENCE:
        raise FaultError(f"refused, but not in one sentence: {sentence[:500]!r}")
    sentence.encode()


def _check(connection: psycopg.Connection[Any], count: TableCount, read: int) -> None:
    """Compare what was counted with what was read and with what stands in the warehouse."""
    if count.rows_read != read:
        raise FaultError(f"{count.table_name}: {read} rows came out of the file, {count.rows_read} were counted")
    if count.rows_read != count.rows_landed + count.rows_quarantined + count.rows_duplicate:
        raise FaultError(f"{count.table_name}: rows do not add up: {count}")
    if count.amount_read != count.amount_landed + count.amount_quarantined + count.amount_duplicate:
        raise FaultError(f"{count.table_name}: money does not add up: {count}")
    stored = _stored(connection, count)
    expected = (count.rows_quarantined, count.amount_quarantined, count.rows_landed + count.rows_stale)
    if stored != expected:
        raise FaultError(f"{count.table_name}: the warehouse holds {stored}, counted were {expected}")


def _stored(connection: psycopg.Connection[Any], count: TableCount) -> tuple[Any, ...]:
    """Return quarantined rows and money, and the rows that the source has now as this run sees them."""
    table = BY_NAME[count.table_name]
    keys = sql.SQL("hospital_id, record_key" if table.per_hospital else "record_key")
    names = {
        "quarantine": sql.Identifier("quarantine", table.name),
        "raw": sql.Identifier("raw", table.name),
        "keys": keys,
    }
    query = sql.SQL(
        "select (select count(*) from {quarantine} where batch_id = %(batch)s),"
        " (select coalesce(sum(amount), 0) from {quarantine} where batch_id = %(batch)s), (select count(*) from"
        " (select distinct on ({keys}) is_deleted from {raw} join ops.batches as b using (batch_id)"
        " where {raw}.source_name = %(source)s and (b.state = 'accepted' or b.batch_id = %(batch)s)"
        " order by {keys}, version_id desc) as newest where not is_deleted)"
    ).format(**names)
    row = connection.execute(query, {"batch": count.batch_id, "source": count.source_name}).fetchone()
    return row or ()
