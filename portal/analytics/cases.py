"""Cases as a provider logged them and as they were billed, and what comparing the two gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from portal.analytics.periods import DateRange

Kind = Literal["exact", "likely", "confirmed"]
"""Why a match is one: the ticket is the same; date, codes and a ticket that is nearly the same speak for it; a person said so."""


@dataclass(frozen=True)
class LoggedCase:
    """A case that a provider did: ``key`` tells it from all others; what is not known is None or empty."""

    key: str
    provider: str
    case_date: date
    ticket: str | None = None
    codes: tuple[str, ...] = ()
    minutes: Decimal | None = None


@dataclass(frozen=True)
class BilledCase:
    """The charges of one provider, ticket and day, reversals netted; of a reversed one nothing stands.

    Billed and paid are in the currency of its hospital. It carries no patient: the ticket is what says whose it is.
    """

    key: str
    provider: str
    case_date: date
    ticket: str
    codes: tuple[str, ...]
    minutes: Decimal | None
    billed: Decimal
    paid: Decimal
    is_reversed: bool = False
    first_posted_date: date | None = None


@dataclass(frozen=True)
class Decision:
    """What a person said: that the logged case is these billed ones (``confirm``), or is none of them (``split``)."""

    kind: Literal["confirm", "split"]
    logged: str
    billed: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """How far evidence may stretch.

    Attributes:
        days: by how many days dates may differ where the ticket is not the same.
        accept: least score of a match that nobody confirmed.
        suggest: least score of what is shown as possible.
        margin: by how much a match has to be better than any other way to pair its cases.
    """

    days: int = 3
    accept: float = 0.65
    suggest: float = 0.35
    margin: float = 0.03


@dataclass(frozen=True)
class Match:
    """A logged case and what was billed for it: several cases where its charges were split over tickets or days."""

    logged: LoggedCase
    billed: tuple[BilledCase, ...]
    kind: Kind
    score: Decimal
    reason: str

    @property
    def is_split(self) -> bool:
        """Whether its charges are on several tickets or days."""
        return len(self.billed) > 1

    @property
    def billed_amount(self) -> Decimal:
        """What was billed for it."""
        return sum((case.billed for case in self.billed), Decimal(0))

    @property
    def paid_amount(self) -> Decimal:
        """What was paid for it."""
        return sum((case.paid for case in self.billed), Decimal(0))


@dataclass(frozen=True)
class Possible:
    """A billed case that a logged one might be, not sure enough to say so."""

    billed: BilledCase
    score: Decimal
    reason: str


@dataclass(frozen=True)
class Missing:
    """A logged case that was not billed, with what comes nearest."""

    logged: LoggedCase
    reason: str
    possible: tuple[Possible, ...] = ()


@dataclass(frozen=True)
class Ambiguous:
    """Cases that can be paired in several ways, none clearly better: a person has to say."""

    logged: tuple[LoggedCase, ...]
    billed: tuple[BilledCase, ...]
    reason: str


@dataclass(frozen=True)
class Matching:
    """Every logged and every billed case, each in exactly one list.

    ``outside`` are billed cases of days that the log does not cover; ``reversed`` those of which nothing stands.
    """

    matches: tuple[Match, ...] = ()
    missing: tuple[Missing, ...] = ()
    unexpected: tuple[BilledCase, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()
    reversed: tuple[BilledCase, ...] = ()
    outside: tuple[BilledCase, ...] = ()


@dataclass(frozen=True)
class Audited:
    """What is compared: cases of any providers, what people decided, and the days that each provider's log covers."""

    logged: Sequence[LoggedCase]
    billed: Sequence[BilledCase]
    decisions: Sequence[Decision] = ()
    covered: Mapping[str, Sequence[DateRange]] | None = None
    limits: Limits = field(default_factory=Limits)

    def covers(self, case: BilledCase) -> bool:
        """Whether the log of the case's provider says something of its day; everything is covered where nothing is said."""
        if self.covered is None:
            return True
        return any(days.start <= case.case_date <= days.end for days in self.covered.get(case.provider, ()))
