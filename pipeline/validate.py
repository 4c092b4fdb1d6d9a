"""What a run would read, land and reject, found out by landing into a transaction that is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql

from pipeline import landing
from pipeline.context import RunContext
from pipeline.landing import TableCount
from pipeline.lock import run_lock
from pipeline.settings import SourceConfig
from pipeline.sources import TablePreview, open_source, preview
from warehouse.engine import connect, scalar
from warehouse.settings import load_secrets


@dataclass(frozen=True)
class Rejects:
    """Rows of one table rejected for one set of reasons; ``first`` says where the first one stands."""

    source: str
    table: str
    reasons: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    amount: Decimal
    first: str


@dataclass(frozen=True)
class Validation:
    """What would happen: the sources as found, what feeds each column, the counts of each table, the rejects by reason."""

    sources: tuple[dict[str, object], ...]
    previews: tuple[TablePreview, ...]
    tables: tuple[TableCount, ...]
    rejects: tuple[Rejects, ...]


def validate_sources(configs: Sequence[SourceConfig], instant: datetime, day: date | None) -> Validation:
    """Read and check the sources as a run would, and write nothing.

    Raises:
        BusyError: a run is in progress.
        DaybookError: whatever would stop a run while it reads.
    """
    sources = [open_source(c.name, c.location, c.mapping) for c in configs]
    keys = load_secrets()
    tables: list[TableCount] = []
    rejects: list[Rejects] = []
    previews: list[TablePreview] = []
    # A run and this would wait for each other's stages, and one of them would be the victim.
    with run_lock(), connect("etl") as connection, connection.transaction(force_rollback=True):
        run_id = scalar(
            connection,
            "insert into ops.etl_process_status (status, started_at, instant) values ('running', %s, %s) returning id",
            [instant, instant],
        )
        run = RunContext(run_id, instant, day)
        for source in sources:
            previews += [preview(source, table, n=1) for table in source.tables]
            with source:
                tables += landing.land_source(connection, source, run, keys)
        for table in tables:
            query = sql.SQL(
                "select reasons, columns, count(*), coalesce(sum(amount), 0), (array_agg(file || ', line ' ||"
                " coalesce(line::text, '?') order by line))[1] from quarantine.{} where run_id = %s and source_name = %s"
                " group by 1, 2 order by 3 desc, 1"
            ).format(sql.Identifier(table.table_name))
            for reasons, columns, rows, amount, first in connection.execute(query, [run.run_id, table.source_name]):
                rejects.append(
                    Rejects(table.source_name, table.table_name, tuple(reasons), tuple(columns), rows, amount, first)
                )
    described = tuple(source.describe() for source in sources)
    return Validation(described, tuple(previews), tuple(tables), tuple(rejects))
