"""Canonical columns from the columns of a source: renames, constants, value maps, prefixes, computed dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import Batch, Values
from pipeline.sources.mapping import ColumnSpec
from pipeline.sources.steps import bare, matching
from pipeline.sources.values import DateSum, add_days, parse_date_sum


def computed(spec: ColumnSpec) -> DateSum | None:
    """Return the computed date of a column: the one that it is, or the one that it defaults to."""
    text = spec.compute if spec.compute is not None else spec.default
    return parse_date_sum(text) if text is not None else None


def references(columns: Mapping[str, ColumnSpec]) -> dict[str, str]:
    """Return the source columns that canonical columns refer to → the path of the key that does."""
    found: dict[str, str] = {}
    for name, column in columns.items():
        sum_ = computed(column)
        named = [column.column, sum_.column if sum_ and sum_.column not in columns else None, *(column.when or ())]
        for reference in named:
            if reference is not None:
                found.setdefault(reference, f"columns.{name}")
    return found


def canonical_batch(
    batch: Batch, specs: Mapping[str, ColumnSpec], formats: Mapping[str, ColumnFormat], zone: ZoneInfo | None
) -> Batch:
    """Return ``batch`` with the canonical columns of ``specs`` in place of the source's.

    Args:
        batch: rows with every column that the specs refer to.
        specs: canonical column → what fills it.
        formats: canonical column (or source column, for computed dates) → how its text is to be read.
        zone: where instants with an offset have their day, for computed dates.
    """
    rows = len(batch.lines)
    filled = {name: _plain(spec, batch, rows) for name, spec in specs.items()}
    for name, spec in specs.items():
        sum_ = computed(spec)
        if sum_ is not None:
            origin = filled[sum_.column] if sum_.column in specs else batch.columns[sum_.column]
            read = formats.get(sum_.column, ColumnFormat()).date_formats
            write = formats.get(name, ColumnFormat()).date_formats
            filled[name] = _with_dates(filled[name], origin, sum_.days, read, write, zone)
    return Batch({name: filled[name] for name in specs}, batch.file, batch.lines, batch.unreadable)


def _plain(spec: ColumnSpec, batch: Batch, rows: int) -> Values:
    default = None if spec.default is not None and parse_date_sum(spec.default) else spec.default
    if spec.compute is not None:
        return [None] * rows
    values: Values = [spec.constant] * rows if spec.column is None else batch.columns[spec.column]
    if spec.when:
        met = set(matching(batch.columns, spec.when, rows))
        values = [value if i in met else None for i, value in enumerate(values)]
    if spec.values is not None:
        values = _translated(values, spec.values, default)
    elif default is not None:
        values = [value if bare(value) else default for value in values]
    if spec.prefix:
        values = [None if value is None else spec.prefix + value for value in values]
    return values


def _translated(values: Values, table: Mapping[str, str | None], default: str | None) -> Values:
    """Translate through a value map: ``""`` stands for no value; what is not listed takes the default, else stays."""
    known: dict[str | None, str | None] = {bare(key): value for key, value in table.items()}
    if default is not None:
        return [known.get(bare(value), default) for value in values]
    return [known.get(bare(value), value) for value in values]


def _with_dates(
    values: Values, origin: Values, days: int, read: tuple[str, ...], write: tuple[str, ...], zone: ZoneInfo | None
) -> Values:
    seen: dict[str, str | None] = {}  # days repeat thousands of times in a chunk
    result: Values = []
    for value, text in zip(values, origin, strict=True):
        if value is not None or text is None:
            result.append(value)
            continue
        if text not in seen:
            seen[text] = _written(add_days(text, days, read, zone), write)
        result.append(seen[text])
    return result


def _written(day: date | None, patterns: tuple[str, ...]) -> str | None:
    if day is None:
        return None
    return day.strftime(patterns[0]) if patterns else day.isoformat()
