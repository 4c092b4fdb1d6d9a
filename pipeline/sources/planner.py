"""Making the plan for a canonical table: everything a mapping says about a source is checked here, before a row is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from zoneinfo import ZoneInfo

from pipeline.errors import DaybookError, MappingError, SourceError
from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import Relation, listing, one_line, suggestion
from pipeline.sources.columns import computed, references
from pipeline.sources.mapping import ColumnSpec, Formats, Mapping, TableSpec
from pipeline.sources.plan import JoinPlan, TablePlan, column_format, text_format
from pipeline.sources.textformat import TextFormat
from warehouse.canonical import Table


class Store(Protocol):
    """A folder or a database."""

    def names(self) -> tuple[str, ...]:
        """Return what it has."""

    def has(self, name: str) -> bool:
        """Return whether ``name`` finds anything."""

    def find(self, names: Sequence[str], text: TextFormat) -> list[Relation]:
        """Open what ``names`` mean."""


class Planner:
    """Makes plans for the tables of one source."""

    def __init__(self, store: Store, mapping: Mapping, origin: str, is_mapped: bool) -> None:
        """Keep what every table's plan needs; ``origin`` is what messages begin with."""
        self._store = store
        self._mapping = mapping
        self._origin = origin
        self._kind: type[DaybookError] = MappingError if is_mapped else SourceError

    def plan(self, table: Table, spec: TableSpec) -> TablePlan:
        """Return the plan for ``table``.

        Raises:
            MappingError: if the mapping names what the source does not have.
            SourceError: the same without a mapping, or if a file cannot be read.
        """
        if spec.rows is not None:
            return self._inline(table, spec)
        text = text_format(self._mapping, spec)
        relations = self._find(spec.from_ or [table.name], text, f"{table.name}.from")
        columns = self._columns(table, spec, relations)
        needed = _references(spec, columns)
        joins = [self._join(table, spec, position, list(needed), relations) for position in range(len(spec.join))]
        joined = {f"{join.spec.name}.{name}" for join in joins for name in join.columns}
        base = [name for name in needed if name not in joined]
        for name in base:
            self._require(name, relations, f"{table.name}.{needed[name]}")
        self._check_aggregate(table, spec, columns)
        path = f"{self._origin}: `tables.{table.name}`"
        return TablePlan(
            table=table,
            spec=spec,
            relations=relations,
            joins=joins,
            base=base,
            columns=columns,
            formats={
                # Constants and computed dates are ours and canonical; only what comes from the source is written its way.
                name: replace(
                    self._format(path, spec, column) if column.column is not None else column_format(column),
                    codes=_codes(column) if table.column(name).code else (),
                )
                for name, column in columns.items()
            },
            source_formats={
                name: self._format(path, spec, *[column for column in columns.values() if column.column == name][:1])
                for name in needed
            },
            zone=ZoneInfo(self._mapping.timezone) if self._mapping.timezone else None,
            origin=self._origin,
        )

    def _format(self, path: str, *levels: Formats) -> ColumnFormat:
        form = column_format(self._mapping, *levels)
        if form.decimal == form.thousands:
            raise MappingError(
                f"{path} has amounts in which `{form.decimal}` is the decimal mark and also the mark of thousands; "
                'give both, as in `decimal: ","` and `thousands: "."`.'
            )
        return form

    def _inline(self, table: Table, spec: TableSpec) -> TablePlan:
        rows = spec.rows or []
        if table.name == "hospitals" and self._mapping.timezone:
            rows = [{"timezone": self._mapping.timezone, **row} for row in rows]
        names = {name for row in rows for name in row}
        columns = {column.name: ColumnSpec(constant="") for column in table.columns if column.name in names}
        formats = {
            name: ColumnFormat(codes=tuple(sorted({text for row in rows if (text := row.get(name))})))
            for name in columns
            if table.column(name).code
        }
        spec = spec.model_copy(update={"rows": rows})
        return TablePlan(table, spec, [], [], [], columns, formats, {}, None, self._origin)

    def _columns(self, table: Table, spec: TableSpec, relations: list[Relation]) -> dict[str, ColumnSpec]:
        if spec.columns is not None:
            columns = {
                column.name: spec.columns[column.name] for column in table.columns if column.name in spec.columns
            }
        else:
            columns = self._same_names(table, relations)
        if table.name == "hospitals" and self._mapping.timezone and "timezone" not in columns:
            columns["timezone"] = ColumnSpec(constant=self._mapping.timezone)
        for name, column in columns.items():
            sum_ = computed(column)
            if sum_ and sum_.column in columns and computed(columns[sum_.column]):
                raise MappingError(
                    f"{self._origin}: `tables.{table.name}.columns.{name}` is computed from `{sum_.column}`, "
                    "which is computed itself; compute it from a column of the source."
                )
        return columns

    def _same_names(self, table: Table, relations: list[Relation]) -> dict[str, ColumnSpec]:
        for relation in relations:
            missing = [
                column.name for column in table.columns if column.required and column.name not in relation.columns
            ]
            if missing:
                raise self._kind(
                    f"{self._origin}: {relation.label} has no column `{missing[0]}`"
                    f"{_hint(missing[0], relation)}, which every row of {table.name} needs; "
                    f"add it to the file, or say in a mapping what fills `tables.{table.name}.columns.{missing[0]}`."
                )
        found = {
            column.name: next((relation for relation in relations if column.name in relation.columns), None)
            for column in table.columns
        }
        for relation in relations:
            self._refuse_doubtful(found, relation)
        return {name: ColumnSpec(column=name) for name, relation in found.items() if relation is not None}

    def _refuse_doubtful(self, found: dict[str, Relation | None], relation: Relation) -> None:
        """Refuse a relation that lacks a column which others have, or spells one in another way: its values would be lost."""
        spelled = {_plain(name): name for name in relation.columns}
        for name, first in found.items():
            if name in relation.columns:
                continue
            if _plain(name) in spelled:
                raise self._kind(
                    f"{self._origin}: {relation.label} has a column `{one_line(spelled[_plain(name)])}`; "
                    f"write it `{name}` if it is that, or say in a mapping what it is."
                )
            if first is not None:
                raise self._kind(
                    f"{self._origin}: {relation.label} has no column `{name}`, which {first.label} has; "
                    "add it (empty if there is nothing), or say in a mapping what fills the table's columns."
                )

    def _join(
        self,
        table: Table,
        spec: TableSpec,
        position: int,
        needed: list[str],
        relations: list[Relation],
    ) -> JoinPlan:
        join, path = spec.join[position], f"{table.name}.join.{position}"
        found = self._find(join.from_, text_format(self._mapping, spec, join), f"{path}.from")
        own = {name for relation in relations for name in relation.columns}
        brought = [
            name.removeprefix(f"{join.name}.")
            for name in needed
            if name.startswith(f"{join.name}.") and name not in own
        ]
        for name in [join.right, *join.where, *brought]:
            self._require(name, found, path)
        earlier = tuple(f"{other.name}." for other in spec.join[:position])
        if not join.left.startswith(earlier):
            self._require(join.left, relations, f"{path}.on")
        return JoinPlan(join, found, brought)

    def _check_aggregate(self, table: Table, spec: TableSpec, columns: dict[str, ColumnSpec]) -> None:
        if not spec.aggregate:
            return
        for name, path in references(columns).items():
            if name not in {*spec.aggregate.by, *spec.aggregate.columns}:
                raise MappingError(
                    f"{self._origin}: `tables.{table.name}.{path}` refers to `{name}`, which the aggregate does not keep; "
                    f"add `{name}: first` (or sum, min, max) under `tables.{table.name}.aggregate.columns`."
                )

    def _find(self, names: Sequence[str], text: TextFormat, path: str) -> list[Relation]:
        for name in names:
            if not self._store.has(name):
                raise self._kind(
                    f"{self._origin}: `tables.{path}` names `{one_line(name)}`, which the source does not have"
                    f"{suggestion(name, self._store.names())}; it has {listing(self._store.names())}."
                )
        return self._store.find(names, text)

    def _require(self, name: str, relations: list[Relation], path: str) -> None:
        for relation in relations:
            if name not in relation.columns:
                raise self._kind(
                    f"{self._origin}: `tables.{path}` refers to the column `{one_line(name)}`, "
                    f"which {relation.label} does not have{_hint(name, relation)}; "
                    f"it has {listing(relation.columns, 40)}."
                )


def _codes(column: ColumnSpec) -> tuple[str, ...]:
    """Return the texts that the mapping itself puts into a column."""
    said = [column.constant, column.default, *(column.values or {}).values()]
    return tuple(sorted({f"{column.prefix}{text}" for text in said if text}))


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _hint(name: str, relation: Relation) -> str:
    """Return the column that was meant, or that the header was split at the wrong character."""
    if len(relation.columns) == 1:
        for mark in (";", "\t", "|", ","):
            if mark in relation.columns[0]:
                spelled = "tab" if mark == "\t" else f'"{mark}"'
                return f" (its header is a single column: with a mapping that says `separator: {spelled}` it would be several)"
    return suggestion(name, relation.columns)


def _references(spec: TableSpec, columns: dict[str, ColumnSpec]) -> dict[str, str]:
    """Return every source column that a table refers to → the path of the key that does."""
    found = references(columns)
    others = {"where": list(spec.where), "join.on": [join.left for join in spec.join]}
    if spec.aggregate:
        others |= {"aggregate.by": spec.aggregate.by, "aggregate.columns": list(spec.aggregate.columns)}
    for path, names in others.items():
        for name in names:
            found.setdefault(name, path)
    return found
