"""Figures of the tax page."""

from __future__ import annotations

from portal.queries.figures.invoice_rows import RATE, TAX_MODELS, taxes
from portal.queries.figures.kinds import DAYS, Figure, Unit

_READ = "financial-reports:read"


def _tax(name: str, label: str, metric: str, of: str, unit: Unit = "money") -> Figure:
    return Figure(name, label, unit, (metric,), ("rpt_tax_daily", *TAX_MODELS), _READ, (*DAYS, *RATE), taxes(of))


FIGURES = (
    _tax("tax", "Tax", "tax_amount", "tax"),
    _tax("taxable-amount", "Taxable amount", "taxable_amount", "taxable_amount"),
    _tax("tax-invoices", "Invoices, with tax or without", "taxable_amount", "count", "count"),
)
