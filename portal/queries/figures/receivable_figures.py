"""Figures of the outstanding page, as of any day and as known on one."""

from __future__ import annotations

from portal.queries.figures import open_rows
from portal.queries.figures.kinds import AS_OF, Figure, Sql, Unit

_READ = "reports:read"
_ANY_DAY = (*AS_OF, "known_at", "allocation")
_AGED = (*_ANY_DAY, "bucket")


def _of(name: str, label: str, metric: str, rows: Sql, takes: tuple[str, ...] = _AGED, unit: Unit = "money") -> Figure:
    return Figure(name, label, unit, (metric,), ("fct_receivables_aging", *open_rows.MODELS), _READ, takes, rows)


FIGURES = (
    _of("receivables", "Receivables", "outstanding", open_rows.open_items()),
    _of("receivables-invoices", "Open invoices", "outstanding", open_rows.open_invoices(), unit="count"),
    _of("receivables-current", "Receivables not due, or up to 30 days overdue", "outstanding",
        open_rows.open_items("bucket in ('not_due', '1-30')"), _ANY_DAY),
    _of("receivables-net", "Receivables net of credits", "outstanding", open_rows.balances(), _ANY_DAY),
    _of("credits", "Credits", "credits", open_rows.credit_items()),
    _of("credits-count", "Number of credits", "credits", open_rows.credit_items("1"), unit="count"),
)  # fmt: skip
