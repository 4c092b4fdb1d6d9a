"""Reading only what changed of a database table: from a mark in its ``updated_at`` on, and the rows of some days again.

What a row's ``updated_at`` means is the database's matter (a local time, an instant, a text), so marks are kept and compared
as the database has them; nothing here depends on a hospital's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Date, DateTime
from sqlalchemy.types import TIMESTAMP

_ISO_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"
# Local times of the farthest zone are this far behind UTC: a mark that is not later was not set by a clock that is ahead.
_FARTHEST_ZONE = timedelta(hours=12)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Changes:
    """Which rows of a table are read: those without ``updated_at``, those changed since a mark, and those of some days again.

    Attributes:
        since: table of the database → its mark; a table without one is read whole.
        again: first and last days of which every row is read whatever the mark.
    """

    since: Mapping[str, datetime]
    again: tuple[tuple[date, date], ...] = field(default=())


@dataclass(frozen=True)
class Marker:
    """The column of a database table that says when a row was changed, as its database compares it.

    Attributes:
        quoted: its name, quoted for SQL.
        dialect: name of the database's dialect.
        is_instant: whether its values are instants, which the session shows in UTC.
    """

    quoted: str
    dialect: str
    is_instant: bool

    @classmethod
    def of(cls, quoted: str, dialect: str, kind: object) -> Marker | None:
        """Return the marker for a column of type ``kind``, or None if its values do not sort by time."""
        if dialect != "sqlite" and not isinstance(kind, Date | DateTime):
            return None  # text sorts by the rules of a language there
        return cls(quoted, dialect, is_instant(dialect, kind))

    def newest(self, source: str, instant: datetime) -> str:
        """Return the query for the highest mark of ``source`` that is not in the future of ``instant``: clocks may be ahead."""
        latest = instant.astimezone(UTC).replace(tzinfo=None) - (timedelta(0) if self.is_instant else _FARTHEST_ZONE)
        if self.dialect == "sqlite":
            day = f"substr({self.quoted}, 1, 10)"
            return f"select max({day}) from {source} where {self._is_iso()} and {day} <= '{latest.date()}'"
        return f"select max({self.quoted}) from {source} where {self.quoted} <= '{latest:%Y-%m-%d %H:%M:%S}'"

    def condition(self, since: datetime, again: Iterable[tuple[date, date]]) -> str:
        """Return the condition for rows without a mark, rows marked at or after ``since``, and rows marked on days ``again``."""
        parts = [f"{self.quoted} is null"]
        if self.dialect == "sqlite":
            # Text with an offset may be of the day before or after; what is no date is read always, to be rejected for it.
            parts.append(f"typeof({self.quoted}) <> 'text' or not {self._is_iso()}")
            parts.append(f"{self.quoted} >= '{(since - _DAY).date()}'")
        else:
            parts.append(f"{self.quoted} >= '{since:%Y-%m-%d %H:%M:%S.%f}'")
        parts += [f"{self.quoted} >= '{first}' and {self.quoted} < '{last + _DAY}'" for first, last in again]
        return " or ".join(f"({part})" for part in parts)

    def _is_iso(self) -> str:
        return f"{self.quoted} glob '{_ISO_DAY}'"


def is_instant(dialect: str, kind: object) -> bool:
    """Return whether values of a database's type are instants: PostgreSQL's with a zone, and MySQL's TIMESTAMP."""
    if dialect in ("mysql", "mariadb"):
        return isinstance(kind, TIMESTAMP)
    return dialect != "sqlite" and isinstance(kind, DateTime) and bool(kind.timezone)


def read_mark(text: str | None) -> datetime | None:
    """Return the mark that a database's answer spells, without a zone (instants in UTC), or None if it is none."""
    try:
        mark = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return mark.astimezone(UTC).replace(tzinfo=None) if mark and mark.tzinfo else mark


def spans(days: Iterable[date]) -> tuple[tuple[date, date], ...]:
    """Return stretches that cover each of ``days`` with the day before and after: what is one day here is another elsewhere."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - _DAY <= found[-1][1] + _DAY:
            found[-1] = (found[-1][0], day + _DAY)
        else:
            found.append((day - _DAY, day + _DAY))
    return tuple(found)
