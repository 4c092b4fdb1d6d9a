"""Accounting: roll-forward of the receivables, cash receipts, credits to apply or refund, closed months."""

from __future__ import annotations

from dataclasses import replace

from portal import builds
from portal.analytics.charts import Bar, Figure, Spec, Theme, bars_chart
from portal.blueprints.report_pages import Desk, ReportPage, Section, Tab, blueprint_of
from portal.exports import cash_documents, close_documents, financial_documents
from portal.exports.pictures import period_label
from portal.formatting import day
from portal.queries.accounting import Movement, cash_receipts, roll_forward
from portal.queries.closes import closed_figures, late_changes
from portal.queries.credits import open_credits
from portal.queries.figures.behind import Behind

_SHOWN = 50


def _roll_forward(desk: Desk) -> list[Section]:
    marts, currency = desk.here.marts, desk.currency
    months = roll_forward(marts, desk.days, currency)
    former = roll_forward(marts, desk.former, currency) if desk.former else ()
    document = financial_documents.roll_forward_document(
        marts, months, desk.days, currency, desk.stamp, desk.words, former=former
    )
    sections = [
        Section(
            "roll-forward", document, "There is no month of these days yet: choose days up to the business date.",
            lambda theme: _closing_chart(months, former, currency, theme),
        )
    ]  # fmt: skip
    return [*sections, *_hospitals(desk)] if len(desk.here.hospitals) > 1 else sections


def _hospitals(desk: Desk) -> list[Section]:
    lines = []
    for hospital in desk.here.hospitals:
        with builds.widened([hospital.hospital_id]) as marts:
            months = roll_forward(marts, desk.days, desk.currency)
        if any(month.as_of_date for month in months):  # else it has nothing in this currency
            lines.append(close_documents.HospitalMovement(hospital, desk.days.whole_months, months))
    document = close_documents.hospitals_document(desk.here.marts, lines, desk.currency, desk.stamp, desk.words)
    return [Section("hospitals", document)]


def _receipts(desk: Desk) -> list[Section]:
    marts, currency = desk.here.marts, desk.currency
    found = cash_receipts(marts, desk.days, currency)
    former = cash_receipts(marts, desk.former, currency) if desk.former else None
    steps = cash_documents.cash_steps(found, former, desk.granularity, desk.here.business_date)
    empty = f"No money came in or went back between {day(desk.days.start)} and {day(desk.days.end)}."
    of = (desk.stamp, desk.words)
    return [
        Section(
            "series", cash_documents.cash_series_document(marts, found, former, steps, *of), "",
            lambda theme: cash_documents.cash_chart(steps, found, desk.granularity, theme),
        ),
        Section("methods", cash_documents.methods_document(marts, found, *of), empty),
        Section("days", replace(financial_documents.receipts_document(marts, found, *of), summary=()), empty),
    ]  # fmt: skip


def _credits(desk: Desk) -> list[Section]:
    marts = desk.here.marts
    report = open_credits(marts, desk.days, desk.currency)
    kinds, ages = (
        close_documents.credit_sums_document(marts, report, by, desk.stamp, desk.words) for by in ("kind", "bucket")
    )
    listed = financial_documents.credits_document(marts, report, desk.stamp, desk.words)
    rest = report.total.count - _SHOWN
    behind = Behind("open-credits", {"startDate": desk.days.start, "endDate": desk.days.end})
    return [
        Section("kinds", replace(kinds, summary=listed.summary, behind=listed.behind)),
        Section("ages", ages),
        Section(
            "credits", replace(listed, summary=()),
            f"No credit arose between {day(desk.days.start)} and {day(desk.days.end)} that is still open.",
            listing=True, most=_SHOWN,
            more=(f"{rest:,} more", behind) if rest > 0 else None,
        ),
    ]  # fmt: skip


def _closes(desk: Desk) -> list[Section]:
    marts, of = desk.here.marts, (desk.days.whole_months, desk.currency)
    closed, changes = closed_figures(marts, *of), late_changes(marts, *of)
    texts = (desk.stamp, desk.words)
    return [
        Section(
            "closed", close_documents.closed_document(marts, closed, *of, *texts),
            "No month of these days is closed. An administrator closes one with: etl.py close --hospital ID --month YYYY-MM",
        ),
        Section(
            "changes", close_documents.changes_document(marts, changes, *of, *texts),
            "Nothing changed these months after they were closed." if closed else "",
            listing=True,
        ),
    ]  # fmt: skip


def _closing_chart(months: tuple[Movement, ...], former: tuple[Movement, ...], currency: str, theme: Theme) -> Spec:
    years = bool(months) and months[0].month.year != months[-1].month.year
    bars = [
        Bar(
            month.month, period_label(month.month, "month", years), month.closing, month.partial,
            former[place].closing if place < len(former) else None,
        )
        for place, month in enumerate(months)
    ]  # fmt: skip
    return bars_chart(bars, Figure("Closing balance", currency), "Closing balance by month, net of credits", theme)


PAGE = ReportPage(
    "accounting",
    "Accounting",
    "What became of the receivables, what came in, what is to be applied or given back, and the months that are closed.",
    {
        "roll-forward": Tab("Roll-forward", _roll_forward, granularity=False),
        "cash-receipts": Tab("Cash receipts", _receipts),
        "credits": Tab("Credits", _credits, steps=False),
        "month-end": Tab("Month-end close", _closes, steps=False),
    },
)
blueprint = blueprint_of(PAGE)
