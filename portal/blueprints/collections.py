"""Collections: the rate and its trend, how many months money took to come in, key figures with what they are made of."""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest

from portal.analytics.charts import Spec, Theme
from portal.analytics.share_charts import Rate, rate_line
from portal.blueprints.report_pages import Desk, ReportPage, Section, Tab, blueprint_of
from portal.exports import financial_documents, key_figure_documents, lag_documents
from portal.exports.pictures import period_label
from portal.formatting import day
from portal.queries.collection_rates import CollectionFilter, CollectionReport, CollectionStep, collection_rate
from portal.queries.key_figures import key_figures_count
from portal.queries.lags import Cohort, collection_lag

_SHOWN = 200


def _rate(desk: Desk) -> list[Section]:
    marts, today = desk.here.marts, desk.here.business_date
    report = collection_rate(marts, CollectionFilter(desk.days, desk.currency, desk.granularity), today)
    former = None
    if desk.former:
        former = collection_rate(marts, CollectionFilter(desk.former, desk.currency, desk.granularity), today)
    document = financial_documents.collection_document(marts, report, desk.stamp, desk.words, former)
    return [Section("rate", document, picture=lambda theme: _trend(report, former, theme))]


def _lag(desk: Desk) -> list[Section]:
    marts = desk.here.marts
    cohorts = collection_lag(marts, desk.days, desk.currency, lag_documents.MOST_MONTHS)
    document = lag_documents.lag_document(marts, cohorts, desk.currency, desk.stamp, desk.words)
    empty = f"Nothing was billed between {day(desk.days.start)} and {day(desk.days.end)}."
    return [Section("lag", document, empty, lambda theme: _curve(cohorts, theme))]


def _key_figures(desk: Desk) -> list[Section]:
    marts, of = desk.here.marts, (desk.days, desk.currency)
    total = key_figures_count(marts, *of)
    document = key_figure_documents.key_figures_document(marts, *of, total, desk.stamp, desk.words)
    return [Section("key-figures", document, "No month of these days has come yet.", most=_SHOWN)]


def _trend(report: CollectionReport, former: CollectionReport | None, theme: Theme) -> Spec:
    asked = report.asked
    years = asked.days.start.year != asked.days.end.year
    rates = [
        Rate(
            step.period,
            period_label(step.period, asked.granularity, years),
            _rate_of(step),
            _rate_of(then) if then else None,
        )
        for step, then in zip_longest(report.steps, former.steps[: len(report.steps)] if former else ())
    ]
    return rate_line(rates, "Collection rate", f"Collection rate, {asked.days.start} to {asked.days.end}", theme)


def _rate_of(step: CollectionStep) -> Decimal | None:
    return step.sums.collected * 100 / step.sums.billed if step.sums.billed else None


def _curve(cohorts: list[Cohort], theme: Theme) -> Spec:
    """How much had come in after so many months, of all cohorts that are old enough to tell."""
    length = max((len(cohort.cells) for cohort in cohorts), default=0)
    rates = []
    for since in range(length):
        cells = [cell for cohort in cohorts if (cell := cohort.cell(since)) and not cell.partial]
        billed = sum((cell.billed for cell in cells), Decimal(0))
        applied = sum((cell.applied for cell in cells), Decimal(0))
        rates.append(Rate(cohorts[0].month, f"{since}", applied * 100 / billed if billed else None))
    return rate_line(rates, "Collected", "Collected after so many months, months that are over", theme)


PAGE = ReportPage(
    "collections",
    "Collections",
    "How much of what was billed has come in, how long it took, and the key figures of the trade.",
    {
        "rate": Tab("Collection rate", _rate),
        "lag": Tab("Months until paid", _lag, steps=False),
        "key-figures": Tab("Key figures", _key_figures, steps=False),
    },
)
blueprint = blueprint_of(PAGE)
