"""Figures of the accounting page: roll-forward, cash receipts, credits."""

from __future__ import annotations

from portal.queries.figures import closed_rows, credit_rows, ledger_rows, open_rows
from portal.queries.figures.kinds import AS_OF, DAYS, Figure

_READ = "financial-reports:read"
_BALANCE = ("rpt_roll_forward", *open_rows.MODELS)
_MOVED = ("rpt_roll_forward", *ledger_rows.MODELS)
_CASH = ("rpt_cash_receipts", *ledger_rows.MODELS)
_CLOSED = ("close_id", "closed_figure")
_RECEIVED = ("collected", "refunded")


def _moved(name: str, label: str, metric: tuple[str, ...], kind: str, measure: str) -> Figure:
    return Figure(name, label, "money", metric, _MOVED, _READ, DAYS, ledger_rows.events((kind,), measure))


def _cash(name: str, label: str, metric: str, types: tuple[str, ...], measure: str) -> Figure:
    rows = ledger_rows.events(types, measure, ledger_rows.METHOD)
    unit = "count" if measure == "e.count_step" else "money"
    return Figure(name, label, unit, (metric,), _CASH, _READ, (*DAYS, "method"), rows)  # type: ignore[arg-type]


FIGURES = (
    Figure("balance", "Balance, net of credits", "money", ("closing_balance", "opening_balance"), _BALANCE, _READ, AS_OF,
           open_rows.balances()),
    _moved("movement-billed", "Billed", ("billed",), "billed", "e.amount"),
    _moved("movement-collected", "Collected", ("total_revenue",), "collected", "-e.amount"),
    _moved("movement-refunded", "Refunded", ("refunded_amount",), "refunded", "e.amount"),
    _moved("movement-adjusted", "Adjusted", (), "adjusted", "-e.amount"),
    _moved("movement-written-off", "Written off", ("written_off",), "written_off", "-e.amount"),
    _moved("movement-recovered", "Recovered", ("recovered_amount",), "recovered", "e.amount"),
    _cash("cash-received", "Cash received", "cash_received", ("collected",), "-e.amount"),
    _cash("cash-refunded", "Cash given back", "refunded_amount", ("refunded",), "e.amount"),
    _cash("cash-net", "Net cash", "cash_net", _RECEIVED, "-e.amount"),
    _cash("cash-payments", "Payments received", "payment_count", ("collected",), "e.count_step"),
    Figure("open-credits", "Open credits that arose on these days", "money", ("open_credits", "credit_age"),
           credit_rows.MODELS, _READ, (*DAYS, *credit_rows.KNOWN), credit_rows.credit_items()),
    Figure("open-credits-count", "Number of credits that arose on these days", "count", ("open_credits", "credit_age"),
           credit_rows.MODELS, _READ, (*DAYS, *credit_rows.KNOWN), credit_rows.credit_items(measure="1")),
    Figure("all-open-credits", "All open credits", "money", ("open_credits", "credit_age"), credit_rows.MODELS, _READ,
           tuple(credit_rows.KNOWN), credit_rows.credit_items(everything=True)),
    Figure("closed-issued", "As issued", "money", ("issued_amount",), closed_rows.MODELS, _READ, _CLOSED, closed_rows.issued(),
           _CLOSED),
    Figure("closed-difference", "Change since the close", "money", ("difference_since_close",), closed_rows.MODELS, _READ,
           _CLOSED, closed_rows.difference(), _CLOSED),
)  # fmt: skip
