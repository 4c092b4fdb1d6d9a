"""Guessing how dates and amounts of a column are written, from a sample of its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.sources.base import ColumnFormat
from pipeline.sources.values import parse_amount, parse_moment

_DAYS = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
    "%Y%m%d", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y", "%Y-%m", "%m/%Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", "T%H:%M:%S")
_AMOUNTS = (
    ColumnFormat(), ColumnFormat((), ".", ","), ColumnFormat((), ",", "."), ColumnFormat((), ",", " "), ColumnFormat((), ",", ""),
    ColumnFormat((), ".", "'"), ColumnFormat((), ".", " "), ColumnFormat((), ",", "'"),
)  # fmt: skip
_ENOUGH = 0.9
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Written:
    """How values of a column are written, and the doubts about it."""

    form: ColumnFormat
    doubts: tuple[str, ...] = field(default=())


def dates(values: Sequence[str]) -> Written | None:
    """Return how the values are written as dates, or None if most of them are none."""
    if _share(values, ()) >= _ENOUGH:
        return Written(ColumnFormat())
    found: list[str] = []
    left = list(values)
    ambiguous = ""
    while left and len(found) < 3:
        fits = [(_share(left, (pattern,)), pattern) for pattern in _patterns(left[0])]
        best = max(fits, key=lambda fit: fit[0], default=(0.0, ""))
        if best[0] <= 0:
            break
        equal = [pattern for share, pattern in fits if share == best[0] and pattern != best[1]]
        ambiguous = ambiguous or (f"the days could also be written as {equal[0]}" if equal else "")
        found.append(best[1])
        left = [value for value in left if not _is_date(value, (best[1],))]
    if not found or _share(values, tuple(found)) < _ENOUGH:
        return None
    return Written(ColumnFormat(tuple(found)), (ambiguous,) if ambiguous else ())


def amounts(values: Sequence[str]) -> Written | None:
    """Return how the values are written as amounts, or None if most of them are none."""
    shares = [(sum(parse_amount(value, form) is not None for value in values) / len(values), form) for form in _AMOUNTS]
    best = max(share for share, _ in shares)
    if best < _ENOUGH:
        return None
    fitting = [form for share, form in shares if share == best]
    chosen = fitting[0]
    others = {form.decimal for form in fitting if _reads_otherwise(values, chosen, form)}
    doubt = f'every value also reads with `decimal: "{others.pop()}"`, as another amount' if others else ""
    return Written(chosen, (doubt,) if doubt else ())


def _reads_otherwise(values: Sequence[str], one: ColumnFormat, other: ColumnFormat) -> bool:
    return any(parse_amount(value, one) != parse_amount(value, other) for value in values if re.search(r"[.,]", value))


def _patterns(value: str) -> list[str]:
    """Return the patterns that read a value, day by day and time by time."""
    return [day + time for day in _DAYS for time in _TIMES if _is_date(value, (day + time,))]


def _share(values: Sequence[str], patterns: tuple[str, ...]) -> float:
    return sum(_is_date(value, patterns) for value in values) / len(values)


def _is_date(value: str, patterns: tuple[str, ...]) -> bool:
    if not patterns and not re.match(r"\d{4}-\d\d-\d\d", value):
        return False
    moment: datetime | None = parse_moment(value, patterns)
    return moment is not None and _FIRST_YEAR <= moment.year <= _LAST_YEAR
