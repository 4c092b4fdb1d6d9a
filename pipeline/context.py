"""What every stage of one run needs to know: its id, its instant, its business dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class RunContext:
    """One run. Nothing after this asks the clock.

    Attributes:
        run_id: id in ``ops.etl_process_status``.
        instant: the one moment of the run, with time zone.
        business_date: given by ``--business-date`` for every hospital; None takes each hospital's own at ``instant``.
        is_trial: whether all that it writes is taken back: then refused rows keep their words, so that they can be told.
    """

    run_id: int
    instant: datetime
    business_date: date | None = None
    is_trial: bool = False

    def business_date_in(self, timezone: str) -> date:
        """Return the business date of a hospital in ``timezone`` (an IANA name) at the run's instant."""
        return self.business_date or self.instant.astimezone(ZoneInfo(timezone)).date()
