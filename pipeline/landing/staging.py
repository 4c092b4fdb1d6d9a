"""Read one table of a source into its stage: good rows typed, bad rows to quarantine, identity encrypted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg import sql

from pipeline.landing.delivery import Delivery, columns_of, copy_rows, create_stage
from pipeline.landing.identities import IdentityStage
from pipeline.landing.rules import Checked, RowRules
from pipeline.landing.values import present, shape
from pipeline.sources.base import Chunk, Source
from pipeline.sources.changes import Changes
from warehouse.canonical import Table

_LONGEST_VALUE = 200
_TEXT = pa.large_string()
_KEY_IS_READ = (
    "unknown_reference",
    "unknown_hospital",
    "ambiguous_hospital",
    "future_date",
)  # refused, yet it names its row


@dataclass
class Tally:
    """What was read of a table, added up apart from what becomes of it; ``withheld`` counts rows by column of codes."""

    rows: int = 0
    amount: Decimal = Decimal(0)
    unreadable_amounts: int = 0
    withheld: Counter[str] = field(default_factory=Counter)


def stage_table(
    delivery: Delivery,
    source: Source,
    rules: RowRules,
    identities: IdentityStage | None,
    progress: Callable[[str, str, int], None] | None,
    changes: Changes | None = None,
) -> Tally:
    """Read every chunk of a table (of what changed), judge its rows, and COPY them to the stage or to quarantine.

    Raises:
        SourceError: if the source cannot be read.
    """
    table = rules.table
    create_stage(delivery, table)
    tally = Tally()
    for chunk in source.read(table.name, changes):
        of_chunk = rules if chunk.formats is None else replace(rules, formats=chunk.formats)
        checked = of_chunk.check(chunk.frame)
        bad = checked.bad
        row_ids = np.arange(tally.rows, tally.rows + len(chunk.frame))
        stage_rows = _good_rows(delivery, table, chunk, checked, row_ids)
        if identities:
            stage_rows = identities.add(stage_rows, checked.columns, ~bad)
        good = pa.array(~bad)
        copy_rows(delivery.connection, sql.Identifier("landing", table.name), stage_rows.filter(good))
        quarantine = sql.Identifier("quarantine", table.name)
        copy_rows(delivery.connection, quarantine, _bad_rows(delivery, table, chunk, checked))
        copy_rows(delivery.connection, quarantine, _unreadable_rows(delivery, chunk))
        tally.rows += len(chunk.frame) + len(chunk.unreadable)
        tally.amount += pc.sum(checked.amounts).as_py() or Decimal(0)
        tally.withheld.update({name: int((rows & ~bad).sum()) for name, rows in checked.withheld.items()})
        tally.unreadable_amounts += int(checked.unreadable_amounts.sum())
        tally.unreadable_amounts += len(chunk.unreadable) if table.money else 0
        if progress:
            progress(delivery.source_name, table.name, tally.rows)
    delivery.execute("analyze {stage}", {"stage": sql.Identifier("landing", table.name)})
    return tally


def record_keys(table: Table, checked: Checked) -> pa.Array:
    """Return key columns joined with ``|``; null where a part that the key needs was missing or unreadable."""
    broken = np.zeros(len(checked.unreadable_amounts), dtype=bool)
    for finding in checked.findings:
        if finding.reason not in _KEY_IS_READ and set(finding.columns) & set(table.key):
            broken |= finding.rows
    parts = [pc.cast(checked.columns[name], _TEXT).fill_null("") for name in table.key]
    joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, pa.scalar("|", _TEXT))
    return pc.if_else(pa.array(broken), pa.scalar(None, _TEXT), joined)


def _good_rows(
    delivery: Delivery, table: Table, chunk: Chunk, checked: Checked, row_ids: NDArray[np.int64]
) -> pa.Table:
    rows = len(chunk.frame)
    columns: dict[str, pa.Array] = {
        "row_id": pa.array(row_ids),
        "file_no": pa.array(np.full(rows, delivery.file_number(chunk.file))),
        "line": pa.array(chunk.lines, pa.int64()),
        "record_key": record_keys(table, checked),
    }
    for name in columns_of(table):
        if name == "birth_year":
            columns[name] = pc.year(checked.columns["date_of_birth"])
        else:
            columns[name] = checked.columns[name]
    return pa.table(columns)


def _bad_rows(delivery: Delivery, table: Table, chunk: Chunk, checked: Checked) -> pa.Table:
    """Return the rejected rows as ``quarantine.<table>`` keeps them. Loops over rejected rows only."""
    bad = checked.bad
    places = np.flatnonzero(bad)
    reasons: list[list[str]] = [[] for _ in places]
    columns: list[list[str]] = [[] for _ in places]
    position = np.cumsum(bad) - 1
    for finding in checked.findings:
        for row in position[finding.rows]:
            if finding.reason not in reasons[row]:
                reasons[row].append(finding.reason)
            columns[row] += [name for name in finding.columns if name not in columns[row]]
    chosen = pa.array(bad)
    lines = pa.array(chunk.lines, pa.int64()).filter(chosen)
    hospitals = checked.columns["hospital_id"] if table.per_hospital else pa.nulls(len(bad), _TEXT)
    return _quarantine_rows(
        delivery,
        chunk.file,
        hospital_id=hospitals.filter(chosen),
        record_key=record_keys(table, checked).filter(chosen),
        line=lines,
        reasons=_array_literals(reasons),
        columns=_array_literals(columns),
        amount=checked.amounts.filter(chosen),
        row_data=_documents(delivery, table, chunk, checked),
    )


def _unreadable_rows(delivery: Delivery, chunk: Chunk) -> pa.Table:
    count = len(chunk.unreadable)
    return _quarantine_rows(
        delivery,
        chunk.file,
        line=pa.array([row.line for row in chunk.unreadable], pa.int64()),
        reasons=_array_literals([["unreadable_row"]] * count),
    )


def _quarantine_rows(delivery: Delivery, file: str, line: pa.Array, **columns: pa.Array) -> pa.Table:
    count = len(line)
    constants = {
        "run_id": delivery.run.run_id,
        "batch_id": delivery.batch_id,
        "source_name": delivery.source_name,
        "file": file,
    }
    repeated = {name: pa.array([value] * count) for name, value in constants.items()}
    return pa.table(repeated | {"line": line} | columns)


def _array_literals(lists: list[list[str]]) -> pa.Array:
    """Return PostgreSQL array literals; codes and column names need no quoting."""
    return pa.array(["{" + ",".join(values) + "}" for values in lists], _TEXT)


def _documents(delivery: Delivery, table: Table, chunk: Chunk, checked: Checked) -> pa.Array:
    """Return the text of rejected rows as JSON, without identity and free text.

    Only what was understood stands there as it was written: of anything else its shape, for it may be a name in the wrong column.
    """
    bad = checked.bad
    shown = [c for c in table.columns if not c.identity and not c.free_text and c.name in chunk.frame.columns]
    documents: list[dict[str, str]] = [{} for _ in range(int(bad.sum()))]
    for column in shown:
        understood = checked.columns[column.name].filter(pa.array(bad))
        doubtful = checked.withheld.get(column.name, np.zeros(len(bad), dtype=bool))[bad] | ~present(understood)
        if delivery.run.is_trial:
            doubtful[:] = False
        for document, text, is_doubtful in zip(documents, chunk.frame.loc[bad, column.name], doubtful, strict=True):
            if isinstance(text, str):
                document[column.name] = shape(text) if is_doubtful and text.strip() else _shown(text)
    return pa.array([json.dumps(document) for document in documents], _TEXT)


def _shown(value: str) -> str:
    clean = value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return clean if len(clean) <= _LONGEST_VALUE else clean[:_LONGEST_VALUE] + "…"


def staged_amounts(delivery: Delivery, table: Table) -> tuple[int, Decimal]:
    """Return the number of rows in the stage and the sum of their controlled amounts."""
    amount = sql.Identifier(table.money) if table.money else sql.SQL("0")
    names = {"stage": sql.Identifier("landing", table.name), "amount": amount}
    row = delivery.execute("select count(*), coalesce(sum({amount}), 0) from {stage}", names).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return row[0], Decimal(row[1])
