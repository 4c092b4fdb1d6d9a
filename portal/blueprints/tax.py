"""Tax: by rate, and over time."""

from __future__ import annotations

from portal.blueprints.report_pages import Desk, ReportPage, Section, Tab, blueprint_of
from portal.exports import financial_documents, tax_documents
from portal.formatting import day
from portal.queries.taxes import tax_steps, tax_summary


def _tax(desk: Desk) -> list[Section]:
    marts, today = desk.here.marts, desk.here.business_date
    found = tax_summary(marts, desk.days, desk.currency)
    former = tax_steps(marts, desk.former, desk.currency, desk.granularity, today) if desk.former else []
    steps = [
        tax_documents.TaxStep(period, sums, *(former[place] if place < len(former) else ()))
        for place, (period, sums) in enumerate(tax_steps(marts, desk.days, desk.currency, desk.granularity, today))
    ]
    by_rate = financial_documents.tax_document(marts, found, desk.stamp, desk.words)
    series = tax_documents.tax_series_document(marts, steps, desk.currency, desk.stamp, desk.words, desk.former)
    empty = f"No invoice between {day(desk.days.start)} and {day(desk.days.end)}."
    return [
        Section("rates", by_rate, empty),
        Section(
            "series",
            series,
            empty,
            lambda theme: tax_documents.tax_chart(steps, desk.currency, desk.granularity, theme),
        ),
    ]


PAGE = ReportPage("tax", "Tax", "Tax by rate and over time, on the dates of the invoices.", {"tax": Tab("Tax", _tax)})
blueprint = blueprint_of(PAGE)
