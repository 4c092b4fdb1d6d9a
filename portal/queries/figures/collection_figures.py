"""Figures of the collections page: rates, the lag triangle, key figures with both their parts."""

from __future__ import annotations

from portal.queries.figures import claim_rows, invoice_rows, lag_rows, ledger_rows, open_rows
from portal.queries.figures.kinds import AS_OF, DAYS, Figure, Ratio, Unit

_READ = "financial-reports:read"
_BY_WHOM = (*DAYS, *invoice_rows.BY_WHOM)
_LAG = ("billed_month", "months_since")
_DELAY = "greatest(e.effective_date - i.invoice_date, 0)"
_WINDOW = (*AS_OF, "window_days")


def _of_invoices(name: str, label: str, metric: str, measure: str, unit: Unit = "money") -> Figure:
    models = ("rpt_collections_daily", *invoice_rows.MODELS)
    return Figure(name, label, unit, (metric,), models, _READ, _BY_WHOM, invoice_rows.invoices(measure))


def _of_claims(name: str, label: str, metric: str, which: str, measure: str = "1") -> Figure:
    unit: Unit = "count" if measure == "1" else "money"
    return Figure(name, label, unit, (metric,), claim_rows.MODELS, _READ, DAYS, claim_rows.claims(which, measure))


def _of_money(name: str, label: str, metric: str, measure: str, unit: Unit = "money") -> Figure:
    rows = ledger_rows.events(("collected",), measure, only="e.invoice_key is not null and i.is_receivable")
    return Figure(name, label, unit, (metric,), ("rpt_kpis", *ledger_rows.MODELS), _READ, DAYS, rows)


def _share(metric: str, label: str, numerator: Figure, denominator: Figure) -> Ratio:
    return Ratio(metric.replace("_", "-"), label, "percent", (metric,), _READ, numerator, denominator)


_billed = _of_invoices("collections-billed", "Billed on invoices of these days", "collection_rate", "i.billed")
_applied = _of_invoices(
    "collections-applied", "Collected for invoices of these days", "collection_rate", "i.applied_amount"
)
_contractual = _of_invoices(
    "collections-contractual",
    "Contractual adjustments of these invoices",
    "net_collection_rate",
    invoice_rows.CONTRACTUAL,
)
_net_billed = _of_invoices(
    "collections-net-billed", "Billed less contractual adjustments", "net_collection_rate",
    f"(i.billed - {invoice_rows.CONTRACTUAL})",
)  # fmt: skip
_count = _of_invoices("collections-invoices", "Invoices of these days", "collection_rate", "1", "count")
_lag_billed = Figure("lag-billed", "Billed in the month", "money", ("collection_lag_rate",), lag_rows.MODELS, _READ, _LAG,
                     lag_rows.billed(), _LAG)  # fmt: skip
_lag_applied = Figure("lag-applied", "Collected so many months later", "money", ("collection_lag_rate",), lag_rows.MODELS, _READ,
                      _LAG, lag_rows.applied(), _LAG)  # fmt: skip
_lag_rate = Ratio(
    "lag-rate", "Collected after months", "percent", ("collection_lag_rate",), _READ, _lag_applied, _lag_billed
)
_receivables = Figure("kpi-receivables", "Receivables", "money", ("days_in_ar",), ("rpt_kpis", *open_rows.MODELS), _READ,
                      (*_WINDOW, "bucket"), open_rows.open_items())  # fmt: skip
_net_receivables = Figure("kpi-net-receivables", "Receivables less credits", "money", ("days_in_ar_net_of_credits",),
                          ("rpt_kpis", *open_rows.MODELS), _READ, _WINDOW, open_rows.balances())  # fmt: skip
_over_90 = Figure("kpi-over-90", "Receivables over 90 days", "money", ("aged_ar_over_90",), ("rpt_kpis", *open_rows.MODELS),
                  _READ, AS_OF, open_rows.open_items("bucket = '91+'"))  # fmt: skip
_window = Figure("kpi-net-billed", "Net billed in the days before", "money", ("days_in_ar",), ("rpt_kpis", *ledger_rows.MODELS),
                 _READ, _WINDOW, ledger_rows.net_billed_before(), ("window_days",))  # fmt: skip
_adjudicated = _of_claims("claims-adjudicated", "Claims decided", "initial_denial_rate", "c.is_adjudicated")
_denied = _of_claims("claims-denied", "Claims denied at first", "initial_denial_rate", "c.is_denied")
_AMOUNT = "coalesce(c.billed_amount, 0)"
_adjudicated_amount = _of_claims(
    "claims-adjudicated-amount", "Billed on claims decided", "initial_denial_rate_amount", "c.is_adjudicated", _AMOUNT
)
_denied_amount = _of_claims(
    "claims-denied-amount", "Billed on claims denied at first", "initial_denial_rate_amount", "c.is_denied", _AMOUNT
)
_known = _of_claims(
    "claims-clean-known", "Claims known to be clean or not", "clean_claim_rate", "c.is_clean is not null"
)
_clean = _of_claims("claims-clean", "Clean claims", "clean_claim_rate", "c.is_clean")
_costs = Figure("collecting-costs", "Costs of collecting", "money", ("cost_to_collect",), claim_rows.COST_MODELS, _READ, DAYS,
                claim_rows.costs())  # fmt: skip
_collected = Figure("kpi-collected", "Collected", "money", ("cost_to_collect",), ("rpt_kpis", *ledger_rows.MODELS), _READ, DAYS,
                    ledger_rows.events(("collected",), "-e.amount"))  # fmt: skip
_payments = _of_money("paid-payments", "Payments on invoices", "average_days_to_pay", "e.count_step", "count")
_waited = _of_money(
    "paid-days", "Days that payments waited", "average_days_to_pay", f"(e.count_step * {_DELAY})", "count"
)
_paid = _of_money("paid-amount", "Paid on invoices", "average_days_to_pay_by_amount", "-e.amount")
_waited_amount = _of_money(
    "paid-amount-days", "Amount × days it waited", "average_days_to_pay_by_amount", f"(-e.amount * {_DELAY})"
)
_PARTS = (
    _billed, _applied, _contractual, _net_billed, _count, _lag_billed, _lag_applied, _receivables, _net_receivables, _over_90,
    _window, _adjudicated, _denied, _adjudicated_amount, _denied_amount, _known, _clean, _costs, _collected, _payments, _waited,
    _paid, _waited_amount,
)  # fmt: skip
KEY_FIGURES: dict[str, Ratio] = {
    "collection_rate": _share("collection_rate", "Collection rate", _applied, _billed),
    "net_collection_rate": _share("net_collection_rate", "Net collection rate", _applied, _net_billed),
    "days_in_ar": Ratio("days-in-ar", "Days in A/R", "days", ("days_in_ar",), _READ, _receivables, _window, None, None),
    "days_in_ar_net_of_credits": Ratio("days-in-ar-net-of-credits", "Days in A/R, net of credits", "days",
                                       ("days_in_ar_net_of_credits",), _READ, _net_receivables, _window, None, None),
    "aged_ar_over_90": _share("aged_ar_over_90", "A/R over 90 days", _over_90, _receivables),
    "initial_denial_rate": _share("initial_denial_rate", "Initial denial rate", _denied, _adjudicated),
    "initial_denial_rate_amount": _share(
        "initial_denial_rate_amount", "Initial denial rate by amount", _denied_amount, _adjudicated_amount),
    "clean_claim_rate": _share("clean_claim_rate", "Clean-claim rate", _clean, _known),
    "cost_to_collect": Ratio("cost-to-collect", "Cost to collect", "percent", ("cost_to_collect",), _READ, _costs, _collected,
                             100, None),
    "average_days_to_pay": Ratio("average-days-to-pay", "Average days to pay", "days", ("average_days_to_pay",), _READ, _waited,
                                 _payments, 1, None),
    "average_days_to_pay_by_amount": Ratio("average-days-to-pay-by-amount", "Average days to pay, by amount", "days",
                                           ("average_days_to_pay_by_amount",), _READ, _waited_amount, _paid, 1, None),
}  # fmt: skip
"""The key figures, by the metric that each of them is."""
FIGURES: tuple[Figure | Ratio, ...] = (*_PARTS, _lag_rate, *KEY_FIGURES.values())
