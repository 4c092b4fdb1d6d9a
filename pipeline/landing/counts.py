"""The control totals of a run: what was read of each table and what became of it, in rows and amounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row


@dataclass(frozen=True)
class TableCount:
    """A row of ``ops.run_tables``: read = landed + quarantined + duplicates, in rows and in amounts.

    ``rows_stale`` counts rows whose last good version stays because their new one was rejected; ``rows_unread`` those that the
    source still has and that were not read, because they did not change: landed + unread is what the source holds.
    ``withheld`` counts, by column of codes, landed rows whose words are no code (``pipeline.landing.codes``).
    """

    run_id: int
    batch_id: int
    source_name: str
    table_name: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_duplicate: int
    rows_unreadable_amount: int
    amount_read: Decimal
    amount_landed: Decimal
    amount_quarantined: Decimal
    amount_duplicate: Decimal
    rows_new: int
    rows_changed: int
    rows_deleted: int
    rows_stale: int
    rows_unread: int = 0
    amount_unread: Decimal = Decimal(0)
    withheld: Mapping[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether the delivery differs from what was current."""
        return self.rows_new + self.rows_changed + self.rows_deleted > 0


_COLUMNS = tuple(field.name for field in fields(TableCount))


def write_count(connection: psycopg.Connection[Any], count: TableCount) -> None:
    """Store a table's counts. The database refuses totals that do not add up."""
    query = sql.SQL("insert into ops.run_tables ({}) values ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)), sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS))
    )
    values = {name: getattr(count, name) for name in _COLUMNS}
    connection.execute(query, values | {"withheld": json.dumps(dict(count.withheld))})


def read_counts(connection: psycopg.Connection[Any], run_id: int) -> list[TableCount]:
    """Return the stored counts of a run, by source and in the order in which its tables landed."""
    query = sql.SQL("select {} from ops.run_tables where run_id = %s order by batch_id, table_name").format(
        sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    )
    with connection.cursor(row_factory=class_row(TableCount)) as cursor:
        return cursor.execute(query, (run_id,)).fetchall()
