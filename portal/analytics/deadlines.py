"""Until when a claim may be filed: days from the case, of its payer, of its hospital, or the usual ones. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

DEFAULT_DAYS = 90
"""Where nobody said anything: what strict payers usually give. A reminder that comes early loses nothing."""

SOON_DAYS = 14
Basis = Literal["payer", "hospital", "default"]


@dataclass(frozen=True)
class Deadline:
    """The last day, how many days are left of it on the business date (negative: past), and where its days are from."""

    day: date
    days_left: int
    days: int
    basis: Basis

    @property
    def is_past(self) -> bool:
        """Whether the day is over."""
        return self.days_left < 0

    @property
    def is_soon(self) -> bool:
        """Whether it is within two weeks."""
        return 0 <= self.days_left <= SOON_DAYS


@dataclass(frozen=True)
class FilingLimits:
    """Days by hospital and key of the payer; a payer None stands for all that have none of their own."""

    days: Mapping[tuple[str, UUID | None], int]

    def deadline(self, hospital_id: str, payer: UUID | None, case_date: date, business_date: date) -> Deadline:
        """Return the deadline of a case.

        Args:
            hospital_id: of the case.
            payer: key of its payer, None where nobody knows: a case that was not billed has none.
            case_date: from which the days count.
            business_date: of the hospital.
        """
        days, basis = self._days(hospital_id, payer)
        last = case_date + timedelta(days=days)
        return Deadline(last, (last - business_date).days, days, basis)

    def _days(self, hospital_id: str, payer: UUID | None) -> tuple[int, Basis]:
        if payer is not None and (own := self.days.get((hospital_id, payer))):
            return own, "payer"
        if every := self.days.get((hospital_id, None)):
            return every, "hospital"
        return DEFAULT_DAYS, "default"
