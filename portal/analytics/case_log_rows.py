"""From the rows of a log as somebody wrote it to cases: what each cell says. Pure functions.

A row that cannot be used is named with its line and the reason, never with what stands in it: a log may hold names.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.analytics.case_log_layout import DATE, DateOrder, Field, Layout
from portal.analytics.match_evidence import normal_ticket

LONGEST_NOTES = 2_000

_EARLIEST = date(1990, 1, 1)
_MOST_MINUTES = 2_880
_LONGEST_TICKET = 64
_CODE = re.compile(r"(?=.*\d)[0-9A-Z]{4,6}", re.ASCII)
_BETWEEN_CODES = re.compile(r"[\s,;/|+]+")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?", re.ASCII)
_MINUTES = re.compile(r"\d{1,4}([.,]\d{1,2})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class LogRow:
    """A case as its line says it."""

    line: int
    case_date: date
    ticket: str | None
    codes: tuple[str, ...]
    minutes: Decimal | None
    notes: str | None


@dataclass(frozen=True)
class Rejected:
    """A line that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class ReadLog:
    """The lines of a log: those that are cases, and the others."""

    rows: tuple[LogRow, ...]
    rejected: tuple[Rejected, ...]


class _CellError(Exception):
    """A cell cannot be used; the message goes on after its column's name."""


def read_log(
    headings: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], mapping: Layout, business_date: date
) -> ReadLog:
    """Return the rows that are cases up to ``business_date``, and the lines that are none with the reason."""
    places = {name: headings.index(heading) for name, heading in mapping.columns.items() if heading in headings}
    good: list[LogRow] = []
    bad: list[Rejected] = []
    for line, cells in rows:
        given = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        try:
            good.append(_row(line, given, mapping.date_order, business_date))
        except _CellError as error:
            bad.append(Rejected(line, str(error)))
    return ReadLog(tuple(good), tuple(bad))


def case_keys(hospital_id: str, provider_id: str, rows: Sequence[LogRow]) -> list[str]:
    """Return what tells the case of each row from others, the same for the same case in another file.

    Rows of one ticket and day are one case, whatever else they say. Without a ticket, day and codes are the case, and its number
    among those of the file that are alike.
    """
    seen: Counter[str] = Counter()
    keys = []
    for row in rows:
        ticket = normal_ticket(row.ticket)
        what = f"ticket|{ticket}" if ticket else f"codes|{' '.join(sorted(row.codes))}"
        if not ticket:
            seen[f"{row.case_date}|{what}"] += 1
            what = f"{what}|{seen[f'{row.case_date}|{what}']}"
        text = f"{hospital_id}|{provider_id}|{row.case_date.isoformat()}|{what}"
        keys.append(hashlib.sha256(text.encode()).hexdigest()[:32])
    return keys


def _row(line: int, given: Mapping[Field, str], order: DateOrder, business_date: date) -> LogRow:
    ticket, codes = _ticket(given.get("ticket", "")), parse_codes(given.get("codes", ""))
    row = LogRow(
        line, _date(given.get("date", ""), order, business_date), ticket, codes, _minutes(given.get("minutes", "")),
        _CONTROL.sub(" ", given.get("notes", "")).strip()[:LONGEST_NOTES] or None,
    )  # fmt: skip
    if ticket is None and not codes:
        raise _CellError("It has neither a ticket nor a code: at least one is needed to look for it.")
    return row


def _date(text: str, order: DateOrder, business_date: date) -> date:
    if not text:
        raise _CellError("The date is missing.")
    found = DATE.fullmatch(text.strip())
    if found is None:
        raise _CellError("The date cannot be read: write it as 2026-03-31.")
    first, second, third = map(int, found.groups())
    # A year in front says the order by itself, whatever the other rows have.
    year, month, day = (
        (first, second, third)
        if first > 31 or order == "ymd"
        else (third, first, second)
        if order == "mdy"
        else (third, second, first)
    )
    try:
        read = datetime(year + 2000 if year < 100 else year, month, day).date()  # noqa: DTZ001  a day has no zone
    except ValueError:
        raise _CellError("The date is no day of the calendar, or day and month are the other way round.") from None
    if read > business_date:
        raise _CellError(f"The date is after the business date, {business_date.isoformat()}.")
    if read < _EARLIEST:
        raise _CellError(f"The date is before {_EARLIEST.isoformat()}.")
    return read


def _ticket(text: str) -> str | None:
    ticket = text.strip()
    if not ticket:
        return None
    if len(ticket) > _LONGEST_TICKET or not ticket.isprintable():
        raise _CellError(f"The ticket is no number: at most {_LONGEST_TICKET} printable characters.")
    if not any(character.isdigit() for character in ticket):
        raise _CellError("The ticket has no digit: names do not belong there.")
    return ticket


def parse_codes(text: str) -> tuple[str, ...]:
    """Return the procedure codes in ``text``, each once, without modifiers; a spreadsheet's lost leading zeros are put back."""
    found: list[str] = []
    for part in _BETWEEN_CODES.split(text.strip().upper()):
        code = part.partition("-")[0]
        if not code:
            continue
        code = code.zfill(5) if code.isdigit() else code
        if not _CODE.fullmatch(code):
            raise _CellError("A code is none: write five digits or letters, as 00790, with commas between several.")
        if code not in found:
            found.append(code)
    if len(found) > 20:
        raise _CellError("There are more than 20 codes.")
    return tuple(found)


def _minutes(text: str) -> Decimal | None:
    if not text:
        return None
    if found := _HOURS.fullmatch(text):
        minutes = Decimal(int(found[1]) * 60 + int(found[2]))
    elif _MINUTES.fullmatch(text):
        minutes = Decimal(text.replace(",", "."))
    else:
        raise _CellError("The minutes are no number: write 95 or 1:35.")
    if not 0 < minutes <= _MOST_MINUTES:
        raise _CellError(f"The minutes are not between 1 and {_MOST_MINUTES:,}.")
    return minutes
