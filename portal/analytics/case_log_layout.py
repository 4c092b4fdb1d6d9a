"""Which column of a log is what, and in which order its dates are written: guessed, for a person to check. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

Field = Literal["date", "ticket", "codes", "minutes", "notes"]
FIELDS: tuple[Field, ...] = get_args(Field)
DateOrder = Literal["ymd", "mdy", "dmy"]
DATE_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)
DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ].*)?", re.ASCII)
"""Three numbers; a time of day after them says nothing."""

_HEADINGS: dict[Field, tuple[str, ...]] = {
    "date": ("casedate", "date", "servicedate", "dateofservice", "dos", "day", "surgerydate", "datum", "fecha"),
    "ticket": (
        "patientticket",
        "ticket",
        "ticketnumber",
        "ticketno",
        "ticketid",
        "ticketnr",
        "casenumber",
        "caseid",
        "case",
    ),
    "codes": (
        "cptcodes",
        "cpt",
        "cptcode",
        "codes",
        "code",
        "procedurecodes",
        "procedurecode",
        "procedures",
        "procedure",
    ),
    "minutes": ("minutes", "min", "mins", "duration", "anesthesiaminutes", "timeminutes", "casetime", "time"),
    "notes": ("notes", "note", "comments", "comment", "remarks", "remark"),
}


@dataclass(frozen=True)
class Layout:
    """Which heading is which field, and in which order dates are written."""

    columns: Mapping[Field, str]
    date_order: DateOrder = "ymd"


@dataclass(frozen=True)
class Proposal:
    """A layout for a person to check: whether dates could be read in another order, and whether it is that of an earlier file."""

    layout: Layout
    is_date_unclear: bool
    is_remembered: bool


def propose(
    headings: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], earlier: Sequence[Mapping[str, Any]]
) -> Proposal:
    """Return how a file is probably laid out: as the newest of ``earlier`` ones with its headings, else as the headings say."""
    for known in earlier:
        columns = {name: heading for name, heading in known.get("columns", {}).items() if name in FIELDS}
        if columns and set(columns.values()) <= set(headings) and known.get("date_order") in DATE_ORDERS:
            order, is_unclear = guess_date_order(_dates(headings, rows, columns))
            order = cast(DateOrder, known["date_order"]) if is_unclear else order
            return Proposal(Layout(columns, order), is_unclear, is_remembered=True)
    guessed = guess_columns(headings)
    order, is_unclear = guess_date_order(_dates(headings, rows, guessed))
    return Proposal(Layout(guessed, order), is_unclear, is_remembered=False)


def guess_columns(headings: Sequence[str]) -> dict[Field, str]:
    """Return which heading is most likely which field; a field that none fits is left out."""
    plain = {re.sub(r"[^a-z]", "", heading.lower()): heading for heading in reversed(headings)}
    found: dict[Field, str] = {}
    for name in FIELDS:
        heading = next((plain[word] for word in _HEADINGS[name] if word in plain), None)
        if heading is not None and heading not in found.values():
            found[name] = heading
    return found


def guess_date_order(texts: Sequence[str]) -> tuple[DateOrder, bool]:
    """Return how dates are written, and whether another order would read every one of them too."""
    parts = [tuple(map(int, found.groups())) for text in texts if (found := DATE.fullmatch(text.strip()))]
    if any(first > 31 for first, _, _ in parts) or not parts:
        return "ymd", False
    if any(first > 12 for first, _, _ in parts):
        return "dmy", False
    return "mdy", not any(second > 12 for _, second, _ in parts)


def _dates(
    headings: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], columns: Mapping[Field, str]
) -> list[str]:
    heading = columns.get("date")
    if heading not in headings:
        return []
    place = headings.index(heading)
    return [cells[place] for _, cells in rows if place < len(cells)]
