"""What a source would deliver, for ``etl.py validate``: which file feeds which column, and a few rows."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.sources.mapped import MappedSource
from pipeline.sources.mapping import ColumnSpec
from warehouse.canonical import BY_NAME

HIDDEN = "(hidden)"


@dataclass(frozen=True)
class TablePreview:
    """How one canonical table would be read.

    Attributes:
        table: canonical table.
        files: files or tables that it is read from; empty for rows written in the mapping.
        columns: canonical column → what fills it, in words.
        rows: the first rows, without identity and free text.
        left_out: columns of the source that never land.
    """

    table: str
    files: tuple[str, ...]
    columns: dict[str, str]
    rows: tuple[dict[str, str | None], ...]
    left_out: tuple[str, ...] = ()


def preview(source: MappedSource, table: str, n: int = 5) -> TablePreview:
    """Return where ``table`` comes from, and its first ``n`` rows as they would be handed to the checks.

    Raises:
        SourceError: if what it reads from is unreadable.
    """
    plans = source.plans(table)
    private = {column.name for column in BY_NAME[table].columns if column.identity or column.free_text}
    rows: list[dict[str, str | None]] = []
    for chunk in source.read(table):
        for record in chunk.frame.head(n - len(rows)).to_dict("records"):
            shown = {str(name): HIDDEN if value and name in private else value for name, value in record.items()}
            rows.append(shown)
        if len(rows) >= n:
            break
    words: dict[str, dict[str, None]] = {}
    left_out: dict[str, None] = {}
    for plan in plans:
        for name, spec in plan.columns.items():
            said = "written in the mapping" if plan.spec.rows is not None else _in_words(spec)
            words.setdefault(name, {})[said] = None
        left_out |= dict.fromkeys(n for relation in plan.relations for n in relation.columns if n not in plan.base)
    files = tuple(relation.label for plan in plans for relation in plan.relations)
    columns = {name: " or ".join(origins) for name, origins in words.items()}
    return TablePreview(table, files, columns, tuple(rows), tuple(left_out))


def _in_words(spec: ColumnSpec) -> str:
    words = spec.column or spec.compute or f"always `{spec.constant}`"
    if spec.prefix:
        words += f", after `{spec.prefix}`"
    if spec.values:
        words += f", {len(spec.values)} values translated"
    if spec.when:
        words += f", when {' and '.join(spec.when)} match"
    return words + (f", else {spec.default}" if spec.default is not None else "")
