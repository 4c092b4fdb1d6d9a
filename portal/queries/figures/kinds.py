"""What a figure is: its name, its definitions, what it may be asked about, and the SQL of the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from portal.analytics.money import rounded
from portal.analytics.periods import DateRange
from portal.queries.open_items import AgingFilter, Allocation
from portal.queries.scope import UNATTRIBUTED, Dimension

Unit = Literal["money", "count", "percent", "days"]
Condition = Callable[[Any], str]
DAYS = ("start_date", "end_date")
AS_OF = ("as_of_date",)
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class FigureFilter:
    """What a figure is asked about.

    Attributes:
        days: of figures of some days.
        as_of: of figures as of a day; None is each hospital's own business date.
        known_at: as it was known on that day; None: as it is known now.
        conditions: what else limits the rows, by name.
    """

    currency: str
    days: DateRange
    as_of: date | None = None
    known_at: date | None = None
    allocation: Allocation = "linked"
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def aging(self, business_date: date) -> AgingFilter:
        """Return the open items that it is of."""
        own = self.as_of is None
        return AgingFilter(self.currency, self.as_of or business_date, self.known_at, self.allocation, own_dates=own)

    def only(self, known: Mapping[str, Condition]) -> str:
        """Return the conditions that were asked for as SQL, each with a leading ``and``."""
        return "".join(f" and {known[name](value)}" for name, value in self.conditions.items())

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements are given."""
        known = {} if self.known_at is None else {"known_at": self.known_at}
        return {
            "currency": self.currency, "start": self.days.start, "end": self.days.end, "as_of": self.as_of,
            **known, **self.conditions,
        }  # fmt: skip


Sql = Callable[[FigureFilter, date], str]


@dataclass(frozen=True)
class Figure:
    """A sum, and what it is a sum of.

    Attributes:
        name: in addresses.
        definitions: metrics whose definitions say what it is.
        models: marts from which it and its rows are read.
        permission: that whoever sees it needs.
        takes: names of the filters that it may be asked with, beside hospital and currency.
        requires: those of them without which it says nothing.
        sql: of its rows, for a filter and the newest business date; the columns are those of ``FigureRow``.
    """

    name: str
    label: str
    unit: Unit
    definitions: tuple[str, ...]
    models: tuple[str, ...]
    permission: str
    takes: tuple[str, ...]
    sql: Sql
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """One figure over another: ``numerator`` × ``multiplier`` / ``denominator``, both of the same filters.

    Attributes:
        multiplier: None: the days of the window that ``denominator`` is of, a filter of it.
        empty: value where the denominator is not above 0; None where nothing can be said then.
    """

    name: str
    label: str
    unit: Unit
    definitions: tuple[str, ...]
    permission: str
    numerator: Figure
    denominator: Figure
    multiplier: int | None = 100
    empty: Decimal | None = Decimal(0)

    @property
    def models(self) -> tuple[str, ...]:
        """Marts of both parts."""
        return tuple(dict.fromkeys((*self.numerator.models, *self.denominator.models)))

    @property
    def takes(self) -> tuple[str, ...]:
        """Filters of both parts."""
        return tuple(dict.fromkeys((*self.numerator.takes, *self.denominator.takes)))

    @property
    def requires(self) -> tuple[str, ...]:
        """Filters without which it says nothing."""
        return tuple(dict.fromkeys((*self.numerator.requires, *self.denominator.requires)))

    def value(self, numerator: Decimal, denominator: Decimal, asked: FigureFilter) -> Decimal | None:
        """Return what the parts give: of money with the currency's decimals, else with two."""
        # An average is also of what was taken back; a share of less than nothing says nothing.
        if denominator == 0 or (denominator < 0 and self.unit != "money"):
            return self.empty
        times = asked.conditions["window_days"] if self.multiplier is None else self.multiplier
        found = numerator * times / denominator
        return rounded(found, asked.currency) if self.unit == "money" else found.quantize(_HUNDREDTH, ROUND_HALF_UP)


def dimension(name: Dimension, column: str) -> Condition:
    """Return the condition that ``column`` is the key of the department, provider or payer of an id."""

    def condition(value: Any) -> str:
        if value == UNATTRIBUTED:
            return f"{column} is null"
        return f"{column} in (select {name}_key from dim_{name}s where {name}_id = :{name}_id)"

    return condition


def equals(expression: str, name: str) -> Condition:
    """Return the condition that ``expression`` is the value of the filter ``name``."""
    return lambda _: f"{expression} = :{name}"
