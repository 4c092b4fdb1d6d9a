"""Tax by rate."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.analytics.money import hundredths, plain
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import PeriodQuery
from portal.api.v1.schema import Camel, operation
from portal.queries.taxes import tax_summary
from portal.security import requires

blueprint = Blueprint("tax_summary", __name__)


class TaxRateItem(Camel):
    """Tax of one rate, or of all ``other`` ones."""

    rate: str
    kinds: list[str]
    taxable_amount: str
    tax: str
    invoice_count: int


class TaxSummaryData(Camel):
    """Tax of some days."""

    total_tax: str
    total_taxable: str
    invoice_count: int
    breakdown: list[TaxRateItem]


@blueprint.get("/financial-reports/tax-summary")
@requires("financial-reports:read")
@operation(TaxSummaryData)
def show(query: PeriodQuery) -> Response:
    """Tax by rate: of invoices by invoice date, less cancellations and credit notes on their own dates.

    `rate` is in percent, or `other` where tax and amount give no rate. `kinds` says whether it is on the hospital's list of
    statutory rates (`listed`), was reckoned from the invoice (`derived`), or nothing was taxed (`untaxed`).
    """
    here = reach()
    days = days_asked(query)
    found = tax_summary(here.marts, days, currency_of(query, here.currencies))
    currency = found.currency
    data = {
        "totalTax": plain(found.tax, currency),
        "totalTaxable": plain(found.taxable, currency),
        "invoiceCount": found.invoice_count,
        "breakdown": [
            {
                "rate": "other" if item.rate is None else hundredths(item.rate),
                "kinds": item.kinds,
                "taxableAmount": plain(item.taxable, currency),
                "tax": plain(item.tax, currency),
                "invoiceCount": item.invoice_count,
            }
            for item in found.rates
        ],
    }
    return ok(data, currency=currency, startDate=days.start, endDate=days.end)
