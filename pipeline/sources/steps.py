"""What a mapping does to the rows of a source before they become canonical: join, where, aggregate, distinct."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter

from pipeline.errors import SourceError
from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import CHUNK_ROWS, Batch, Relation, Values, one_line
from pipeline.sources.mapping import AggregateSpec, Condition, JoinSpec
from pipeline.sources.values import EXACT, parse_amount, parse_moment, write_amount


def bare(value: str | None) -> str | None:
    """Return a value as it is compared: without blanks around it, which padded exports have and the row checks drop."""
    return (value.strip() or None) if value else None


def matching(columns: Mapping[str, Values], condition: Condition, rows: int) -> list[int]:
    """Return the positions of the rows in which every column of ``condition`` has one of its values."""
    keep: Iterable[int] = range(rows)
    for name, wanted in condition.items():
        values, accepted = columns[name], {bare(value) for value in wanted}
        keep = [i for i in keep if bare(values[i]) in accepted]
    return list(keep)


def where(batches: Iterable[Batch], condition: Condition) -> Iterator[Batch]:
    """Keep the rows that meet ``condition``; unreadable rows stay, nobody knows what they would have been."""
    for batch in batches:
        yield batch.take(matching(batch.columns, condition, len(batch.lines))) if condition else batch


@dataclass
class Lookup:
    """The joined file in memory: key → its wanted columns.

    Attributes:
        spec: the join as mapped.
        columns: names in the joined file that are brought in.
    """

    spec: JoinSpec
    columns: Sequence[str]
    found: dict[str, tuple[str | None, ...]] = field(default_factory=dict)

    def load(self, relations: Iterable[Relation], where_: str) -> None:
        """Read the joined file.

        Raises:
            SourceError: if a key has two rows that differ and the mapping does not say which one counts.
        """
        wanted = list(dict.fromkeys([self.spec.right, *self.columns, *self.spec.where]))
        for relation in relations:
            for batch in relation.read(wanted):
                kept = (
                    batch.take(matching(batch.columns, self.spec.where, len(batch.lines))) if self.spec.where else batch
                )
                self._add(kept, where_)

    def _add(self, batch: Batch, where_: str) -> None:
        keys = [bare(key) for key in batch.columns[self.spec.right]]
        brought = list(zip(*(batch.columns[name] for name in self.columns), strict=True)) or [()] * len(keys)
        for i, (key, row) in enumerate(zip(keys, brought, strict=True)):
            if key is None:
                continue
            if key not in self.found or self.spec.duplicates == "last":
                self.found[key] = row
            elif self.spec.duplicates == "refuse" and self.found[key] != row:
                raise SourceError(
                    f"{where_} joins {batch.file} by `{one_line(self.spec.right)}`, but line {batch.lines[i]} has a key "
                    "that came before with other values; correct the file, or put `duplicates: first` (or `last`) into the join."
                )

    def join(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Add the columns, as ``name.column``; rows without a match get none."""
        nothing = (None,) * len(self.columns)
        for batch in batches:
            keys = map(bare, batch.columns[self.spec.left])
            rows = [self.found.get(key, nothing) if key is not None else nothing for key in keys]
            added = {f"{self.spec.name}.{name}": [row[i] for row in rows] for i, name in enumerate(self.columns)}
            yield Batch(batch.columns | added, batch.file, batch.lines, batch.unreadable)


def aggregate(batches: Iterable[Batch], spec: AggregateSpec, forms: Mapping[str, ColumnFormat]) -> Iterator[Batch]:
    """Make one row of the rows with the same ``by`` values: it stands on the line of the first of them.

    Sums are exact. A value that is no amount (or no date, for min and max over dates) takes the place of the result, marked, so
    that the row is rejected for it and not silently short.
    """
    names = [*spec.by, *spec.columns]
    kinds = ["first"] * len(spec.by) + list(spec.columns.values())
    groups: dict[tuple[str | None, ...], tuple[str, int, list[_Cell]]] = {}
    for batch in batches:
        if batch.unreadable:
            yield Batch({name: [] for name in names}, batch.file, [], batch.unreadable)
        keys = zip(*(map(bare, batch.columns[name]) for name in spec.by), strict=True)
        rows = zip(*(batch.columns[name] for name in names), strict=True)
        for line, key, row in zip(batch.lines, keys, rows, strict=True):
            group = groups.get(key)
            if group is None:
                cells = [_Cell(kind, forms.get(name, ColumnFormat())) for kind, name in zip(kinds, names, strict=True)]
                group = groups[key] = (batch.file, line, cells)
            for cell, value in zip(group[2], row, strict=True):
                cell.add(value)
    yield from _grouped(names, list(groups.values()))


def _grouped(names: list[str], groups: list[tuple[str, int, list[_Cell]]]) -> Iterator[Batch]:
    for file, same_file in groupby(groups, key=itemgetter(0)):
        while part := list(islice(same_file, CHUNK_ROWS)):
            columns = {name: [cells[i].result() for _, _, cells in part] for i, name in enumerate(names)}
            yield Batch(columns, file, [line for _, line, _ in part])


class _Cell:
    """One aggregated value in the making."""

    __slots__ = ("_bad", "_best", "_form", "_kind", "_rank", "_seen")

    def __init__(self, kind: str, form: ColumnFormat) -> None:
        self._kind, self._form = kind, form
        self._best: str | None = None
        self._rank: object = None
        self._bad: str | None = None
        self._seen = False

    def add(self, value: str | None) -> None:
        """Take one more value."""
        if self._kind == "first":
            if not self._seen:
                self._best, self._seen = value, True
        elif value is not None and value.strip() and self._bad is None:
            self._sum(value) if self._kind == "sum" else self._extreme(value)

    def _sum(self, value: str) -> None:
        amount = parse_amount(value, self._form)
        if amount is None:
            self._bad = value
        else:
            self._rank = EXACT.add(self._rank, amount) if isinstance(self._rank, Decimal) else amount

    def _extreme(self, value: str) -> None:
        # A date of digits only (`%d%m%Y`) could pass for an amount: what has date formats is asked for its date first.
        first, second = (self._moment, self._amount) if self._form.date_formats else (self._amount, self._moment)
        rank = first(value)
        if rank is None:
            rank = second(value)
        if rank is None or (self._rank is not None and type(rank) is not type(self._rank)):
            self._bad = value
        elif self._rank is None or (rank < self._rank if self._kind == "min" else rank > self._rank):  # type: ignore[operator]
            self._rank, self._best = rank, value

    def _amount(self, value: str) -> object:
        return parse_amount(value, self._form)

    def _moment(self, value: str) -> object:
        moment = parse_moment(value, self._form.date_formats)
        # As text, so that dates with and without a zone can stand side by side.
        return moment.isoformat() if moment else None

    def result(self) -> str | None:
        """Return the aggregated value as text in the column's format."""
        if self._bad is not None:  # marked, so that no later reader takes it for the result
            return f"{self._bad} (cannot be aggregated)"
        return (
            write_amount(self._rank, self._form)
            if self._kind == "sum" and isinstance(self._rank, Decimal)
            else self._best
        )


def distinct(batches: Iterable[Batch], names: Sequence[str]) -> Iterator[Batch]:
    """Keep the first row of each combination of the named columns; rows without any of them are dropped."""
    seen: set[tuple[str | None, ...]] = set()
    for batch in batches:
        keep = []
        for i, key in enumerate(zip(*(map(bare, batch.columns[name]) for name in names), strict=True)):
            if key not in seen and any(part is not None for part in key):
                seen.add(key)
                keep.append(i)
        yield batch.take(keep)
