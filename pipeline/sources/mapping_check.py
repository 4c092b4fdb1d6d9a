"""A mapping against the canonical tables: does every table and column that it fills exist, and is what is required filled?"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.errors import MappingError
from pipeline.sources.batch import listing, one_line, suggestion
from pipeline.sources.mapping import Mapping, TableSpec
from warehouse.canonical import BY_NAME, TABLES, Table


def check_canonical(mapping: Mapping, file: str) -> None:
    """Raise ``MappingError`` if the mapping fills what does not exist, or leaves out what is required."""
    if mapping.tables is None:
        return
    for name, parts in mapping.tables.items():
        if name not in BY_NAME:
            raise MappingError(
                f"Mapping {file}: `tables.{one_line(name)}` is no table of Daybook{suggestion(name, BY_NAME)}; "
                f"tables are {listing(BY_NAME, 30)}."
            )
        for number, spec in enumerate(parts):
            place = name if len(parts) == 1 else f"{name}.{number}"
            _check_table(spec, BY_NAME[name], f"Mapping {file}: `tables.{place}")
    for table in TABLES:
        if table.required and table.name not in mapping.tables:
            raise MappingError(
                f"Mapping {file}: `tables.{table.name}` is missing; say which file or table the {table.name} are in."
            )


def _check_table(spec: TableSpec, table: Table, where: str) -> None:
    known = [column.name for column in table.columns]
    if spec.rows is not None:
        for number, row in enumerate(spec.rows):
            _check_names(row, known, f"{where}.rows.{number}")
            _check_required((name for name, value in row.items() if value), table, f"{where}.rows.{number}")
    if spec.columns is not None:
        _check_names(spec.columns, known, f"{where}.columns")
        _check_required(spec.columns, table, f"{where}.columns")
    for name in spec.distinct or ():
        if name not in (spec.columns or known):
            raise MappingError(
                f"{where}.distinct` names `{one_line(name)}`, which is no mapped column{suggestion(name, spec.columns or known)}."
            )


def _check_names(names: Iterable[str], known: list[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise MappingError(
                f"{where}.{one_line(name)}` is no column of that table{suggestion(name, known)}; "
                f"columns are {listing(known, 30)}."
            )


def _check_required(names: Iterable[str], table: Table, where: str) -> None:
    filled = set(names)
    missing = [column.name for column in table.columns if column.required and column.name not in filled]
    if missing:
        raise MappingError(
            f"{where}` does not fill {listing(missing)}, which every row needs; map a column or give a constant."
        )
