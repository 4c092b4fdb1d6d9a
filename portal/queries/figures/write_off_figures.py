"""Figures of write-offs: what was given up, what waits for a decision, and what became of requests."""

from __future__ import annotations

from portal.queries.figures import write_off_rows
from portal.queries.figures.kinds import DAYS, Figure, Ratio

_READ = "financial-reports:read"
_BY_CATEGORY = (*DAYS, *write_off_rows.OF_CATEGORY)
_DECIDED = "w.status in ('APPROVED', 'REVERSED', 'REJECTED')"
_APPROVED = "w.status in ('APPROVED', 'REVERSED')"


def _requests(name: str, label: str, which: str, measure: str = "1") -> Figure:
    unit = "count" if measure == "1" else "money"
    rows = write_off_rows.requested(which, measure)
    return Figure(name, label, unit, ("written_off",), write_off_rows.REQUEST_MODELS, _READ, DAYS, rows)  # type: ignore[arg-type]


_approved = _requests("write-offs-approved", "Requests of these days that were approved", _APPROVED)
_decided = _requests("write-offs-decided", "Requests of these days that were decided", _DECIDED)
FIGURES: tuple[Figure | Ratio, ...] = (
    Figure("written-off", "Written off", "money", ("written_off", "recovered_amount"), write_off_rows.MODELS, _READ,
           _BY_CATEGORY, write_off_rows.written_off()),
    Figure("write-offs", "Write-offs", "count", ("written_off", "recovered_amount"), write_off_rows.MODELS, _READ,
           _BY_CATEGORY, write_off_rows.written_off(write_off_rows.TIMES)),
    _requests("write-offs-requested", "Requests of these days that wait for a decision", "w.status = 'PENDING'", "w.amount"),
    _approved,
    _decided,
    Ratio("write-off-approval-rate", "Approved of those decided", "percent", ("written_off",), _READ, _approved, _decided,
          100, None),
)  # fmt: skip
