"""Which file is which canonical table, and which of its columns is which canonical column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.sources.base import ColumnFormat
from pipeline.sources.batch import listing
from pipeline.sources.draft import formats
from pipeline.sources.draft.samples import Sample, Samples
from pipeline.sources.draft.words import CERTAIN, POSSIBLE, VALUES, nearness_of_column, nearness_of_table, plain
from warehouse.canonical import TABLES, Column, Table

_MOST_VALUES = 30
_ONE_HOSPITAL = "MAIN"


@dataclass(frozen=True)
class ColumnDraft:
    """What a canonical column may be filled from.

    Attributes:
        column: canonical column.
        source: source column, or None for a constant, or for what a person has to fill in.
        constant: what stands there if nothing fills it.
        form: how its text is written.
        values: translations of accepted values.
        notes: what is to be checked.
    """

    column: Column
    source: str | None = None
    constant: str | None = None
    form: ColumnFormat = field(default_factory=ColumnFormat)
    values: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a person has to fill it in."""
        return self.source is None and self.constant is None


@dataclass(frozen=True)
class TableDraft:
    """What a canonical table may be filled from; ``notes`` are about the choice of the file."""

    table: Table
    sample: Sample
    columns: tuple[ColumnDraft, ...]
    notes: tuple[str, ...] = ()

    @property
    def open_columns(self) -> tuple[ColumnDraft, ...]:
        """Columns that a person has to fill in before the table can be read."""
        return tuple(column for column in self.columns if column.is_open)


def match(samples: Samples) -> list[TableDraft]:
    """Return drafts of the canonical tables that the source seems to have."""
    drafts = [draft for table in TABLES if (draft := _table(table, samples))]
    return [_with_known_hospital(draft, drafts) for draft in drafts]


def _table(table: Table, samples: Samples) -> TableDraft | None:
    by_name = max(samples.found, key=lambda sample: nearness_of_table(table, _stem(sample)), default=None)
    if by_name is None:
        return None
    near = nearness_of_table(table, _stem(by_name))
    if near >= POSSIBLE:
        notes = () if near >= CERTAIN else (f"check: is `{by_name.name}` the {table.name}? Only its name says so",)
        return TableDraft(table, by_name, _columns(table, by_name), notes)
    if not table.required:
        return None
    others = [other for other in TABLES if other.required and other is not table]
    free = [s for s in samples.found if all(nearness_of_table(other, _stem(s)) < CERTAIN for other in others)]
    if not free:
        return None
    fits = {sample.name: _columns(table, sample) for sample in free}
    best = max(free, key=lambda sample: sum(column.source is not None for column in fits[sample.name]))
    notes = (f"check: no file is named like {table.name}; this one has most of the columns",)
    return TableDraft(table, best, fits[best.name], notes)


def _stem(sample: Sample) -> str:
    return sample.name.split(".")[0]


def _columns(table: Table, sample: Sample) -> tuple[ColumnDraft, ...]:
    pairs = sorted(
        ((nearness_of_column(table, column, name), -place, column.name, name) for column in table.columns
         for place, name in enumerate(sample.columns)),
        reverse=True,
    )  # fmt: skip
    chosen: dict[str, ColumnDraft] = {}
    used: set[str] = set()
    for near, _, canonical, name in pairs:
        if near < POSSIBLE or canonical in chosen or name in used:
            continue
        draft = _column(table, table.column(canonical), name, sample.columns[name])
        if draft:
            notes = draft.notes if near >= CERTAIN else (f"check: is `{name}` the {canonical}?", *draft.notes)
            chosen[canonical] = replace(draft, notes=notes)
            used.add(name)
    for column in table.columns:
        if column.name not in chosen and (missing := _missing(table, column, sample, used)):
            chosen[column.name] = missing
            used |= {missing.source} if missing.source else set()
    return tuple(chosen[column.name] for column in table.columns if column.name in chosen)


def _column(table: Table, column: Column, name: str, values: list[str]) -> ColumnDraft | None:
    """Return the draft for a column whose name fits, or None if its values do not."""
    if not values:
        return ColumnDraft(column, name, notes=(f"check: `{name}` is empty in the sample",) if column.required else ())
    if column.type in ("date", "timestamp"):
        written = formats.dates(values)
    elif column.type in ("money", "number", "integer"):
        written = formats.amounts(values)
    else:
        translated = _translated(table, column, values)
        return ColumnDraft(column, name, values=translated[0], notes=translated[1]) if translated else None
    if not written:
        return None
    return ColumnDraft(column, name, form=written.form, notes=tuple(f"check: {doubt}" for doubt in written.doubts))


def _translated(table: Table, column: Column, values: list[str]) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """Return what the values of a white-listed column mean, and notes about guesses; None if there are too many for a list."""
    if not column.allowed:
        return {}, ()
    known = VALUES.get(f"{table.name}.{column.name}", {})
    words = {plain(word): target for target, more in known.items() for word in [target, *more.split()]}
    words |= {plain(target): target for target in column.allowed}
    distinct = sorted({value for value in values if value.lower() not in column.allowed})
    if len(distinct) > _MOST_VALUES:
        return None
    found = {value: words[plain(value)] for value in distinct if plain(value) in words}
    unknown = [value for value in distinct if value not in found]
    guessed = [value for value in found if plain(value) not in {plain(target) for target in column.allowed}]
    notes: tuple[str, ...] = (f"check: it is a guess what this means: {listing(guessed)}",) if guessed else ()
    if unknown:
        # A status that holds a number may be no status: such values could be anybody's, and stay out of the draft.
        shown = [value for value in unknown if len(value) <= 3 or not any(map(str.isdigit, value))]
        unknown = shown + ([f"{len(unknown) - len(shown)} with digits"] if len(shown) < len(unknown) else [])
        accepted = ", ".join(column.allowed)
        notes += (
            f"FILL IN under values what this means, or its rows are rejected: {listing(unknown)} (one of {accepted})",
        )
    return found, notes


_CONSTANTS = {"invoices.status": "issued", "payments.status": "paid"}


def _missing(table: Table, column: Column, sample: Sample, used: set[str]) -> ColumnDraft | None:
    """Return the draft for a column that no name fits; None where it may stay away."""
    if not column.required:
        return None
    if column.name == "hospital_id":
        return ColumnDraft(
            column, constant=_ONE_HOSPITAL, notes=("check: no column names the hospital, so that all rows are of one",)
        )
    if constant := _CONSTANTS.get(f"{table.name}.{column.name}"):
        return ColumnDraft(
            column, constant=constant, notes=(f"check: no column says so, so that every row is {constant}",)
        )
    of_type = [
        draft for name, values in sample.columns.items()
        if name not in used and values and column.type in ("date", "money") and (draft := _column(table, column, name, values))
    ]  # fmt: skip
    if len(of_type) == 1:
        kind = "dates" if column.type == "date" else "amounts"
        return replace(of_type[0], notes=(f"check: the only column left that holds {kind}", *of_type[0].notes))
    names = [draft.source for draft in of_type if draft.source] or [name for name in sample.columns if name not in used]
    return ColumnDraft(column, notes=(f"FILL IN: one of {listing(names, 20)}",))


def _with_known_hospital(draft: TableDraft, drafts: list[TableDraft]) -> TableDraft:
    """Return the draft with the only hospital of the source where no column names one; of several, a person has to say which."""
    hospitals = next((other for other in drafts if other.table.name == "hospitals"), None)
    if hospitals is None:
        return draft
    source = hospitals.columns[0].source
    ids = sorted(set(hospitals.sample.columns[source])) if source else []
    notes = (f"FILL IN: no column names the hospital; a column of a join, or a constant: {listing(ids, 5)}",)
    columns = [
        column if column.constant != _ONE_HOSPITAL
        else replace(column, constant=ids[0]) if len(ids) == 1
        else replace(column, constant=None, notes=notes)
        for column in draft.columns
    ]  # fmt: skip
    return replace(draft, columns=tuple(columns))
