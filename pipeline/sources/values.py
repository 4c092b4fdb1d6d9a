"""Exact arithmetic on text: amounts, dates, and the computed dates of a mapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from pipeline.sources.base import ColumnFormat

_LONGEST = 400
# Wide enough that a sum of any amounts of that length is never rounded.
EXACT = Context(prec=2 * _LONGEST + 20)
SPACES = " \u00a0\u202f\u2009"
"""Spaces between thousands: plain, non-breaking, narrow, thin."""
_ONE_SPACE = dict.fromkeys(map(ord, SPACES), " ")
_DATE_SUM = re.compile(r"(?P<column>[\w.]+)\s*(?P<sign>[+-])\s*(?P<days>\d{1,5})\s+days?")


@dataclass(frozen=True)
class DateSum:
    """A date computed from another column: ``invoice_date + 30 days``."""

    column: str
    days: int


def parse_date_sum(text: str) -> DateSum | None:
    """Return the computed date that ``text`` spells, or None if it is something else."""
    found = _DATE_SUM.fullmatch(text.strip())
    if not found:
        return None
    return DateSum(found["column"], int(found["sign"] + found["days"]))


def parse_amount(text: str, form: ColumnFormat) -> Decimal | None:
    """Return the amount that ``text`` spells, or None if it is none; thousands stand in groups of three."""
    plain, thousands = text.strip(), form.thousands
    if thousands and thousands in SPACES:  # one space is as good as another, as in the row checks
        plain, thousands = plain.translate(_ONE_SPACE), " "
    if len(text) > _LONGEST or not _amount_pattern(form.decimal, thousands).fullmatch(plain):
        return None
    return Decimal((plain.replace(thousands, "") if thousands else plain).replace(form.decimal, "."))


@cache
def _amount_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    mark, digits = re.escape(decimal), "[0-9]+"
    if thousands:
        digits = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+)"
    return re.compile(rf"[+-]?(?:{digits}(?:{mark}[0-9]*)?|{mark}[0-9]+)")


def write_amount(amount: Decimal, form: ColumnFormat) -> str:
    """Return ``amount`` as text in the given format, with all its digits and no exponent."""
    return format(amount, "f").replace(".", form.decimal)


def parse_moment(text: str, date_formats: Sequence[str]) -> datetime | None:
    """Return the date or instant that ``text`` spells in one of the formats (none: ISO 8601), or None."""
    plain = text.strip()
    if not date_formats:
        try:
            return datetime.fromisoformat(plain)
        except ValueError:
            return None
    for pattern in date_formats:
        try:
            return datetime.strptime(plain, pattern)  # noqa: DTZ007 (as it is written)
        except ValueError:
            continue
    return None


def add_days(text: str, days: int, date_formats: Sequence[str], zone: ZoneInfo | None) -> date | None:
    """Return the day ``days`` after the date that ``text`` spells, or None if it spells none.

    An instant with an offset counts on its day in ``zone``; without a zone, on the day that it is written with.
    """
    moment = parse_moment(text, date_formats)
    if moment is None:
        return None
    try:
        local = moment.astimezone(zone) if zone and moment.tzinfo else moment
        return local.date() + timedelta(days=days)
    except (OverflowError, ValueError):
        return None
