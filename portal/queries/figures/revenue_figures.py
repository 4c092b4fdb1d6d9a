"""Figures of the revenue page and of revenue by department, doctor and payer."""

from __future__ import annotations

from portal.queries.figures import ledger_rows, revenue_rows
from portal.queries.figures.invoice_rows import BY_WHOM
from portal.queries.figures.kinds import DAYS, Figure, Ratio, Sql, Unit

_READ = "reports:read"


def _of(name: str, label: str, metric: str, rows: Sql, unit: Unit = "money") -> Figure:
    models = ("revenue_metrics", *revenue_rows.MODELS)
    return Figure(name, label, unit, (metric,), models, _READ, (*DAYS, *BY_WHOM), rows)


def _money(name: str, label: str, metric: str, types: tuple[str, ...], measure: str) -> Figure:
    return _of(name, label, metric, ledger_rows.events(types, measure, ledger_rows.COLLECTED))


def _share(name: str, label: str, measure: str, unit: Unit = "money") -> Figure:
    metrics = ("revenue_by_payer", "billed")
    rows = revenue_rows.shares(measure)
    return Figure(name, label, unit, metrics, revenue_rows.SHARE_MODELS, _READ, (*DAYS, "payer_id"), rows)


_collected = _money("revenue-collected", "Revenue collected", "total_revenue", ("collected",), "-e.amount")
_payments = _of("revenue-payments", "Payments", "payment_count", revenue_rows.payments(), "count")
_billed = _of(
    "revenue-billed", "Revenue billed", "billed", ledger_rows.events(("billed",), "e.amount", ledger_rows.BILLED)
)
_invoices = _of(
    "revenue-invoices",
    "Invoices billed",
    "billed",
    ledger_rows.events(("billed",), "e.count_step", ledger_rows.BILLED),
    "count",
)
FIGURES: tuple[Figure | Ratio, ...] = (
    _collected,
    _money("revenue-refunded", "Refunded", "refunded_amount", ("refunded",), "e.amount"),
    _money("revenue-net", "Revenue net of refunds", "net_revenue", ("collected", "refunded"), "-e.amount"),
    _payments,
    Ratio("average-payment", "Average payment", "money", ("average_payment",), _READ, _collected, _payments, 1),
    _billed,
    _invoices,
    Ratio("average-invoice", "Average invoice", "money", ("billed",), _READ, _billed, _invoices, 1),
    _share("revenue-shares", "Revenue billed, by who paid or owes it", "revenue"),
    _share("revenue-shares-invoices", "Invoices billed, by who paid or owes them", "item_count", "count"),
)
