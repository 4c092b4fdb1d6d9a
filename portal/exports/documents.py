"""Each report as a ``Document``: which columns a file has, what its totals are, what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter, itemgetter

from sqlalchemy import Connection

from portal.analytics.charts import BUCKET_LABELS, aging_chart
from portal.analytics.money import Money, percent
from portal.exports.document import Column, Document, Section, Stamp
from portal.exports.pictures import revenue_picture
from portal.queries.aging import AgingReport, aging_stream
from portal.queries.definitions import definitions
from portal.queries.outstanding import OutstandingFilter, OutstandingSum, outstanding_ages, outstanding_stream
from portal.queries.patients import HistoryFilter, HistorySum, history_start, history_stream
from portal.queries.revenue import RevenuePeriod, RevenueReport

Filters = Sequence[tuple[str, str]]
REVENUE_METRICS = {
    "collected": ("total_revenue", "refunded_amount", "net_revenue", "payment_count", "average_payment"),
    "billed": ("billed",),
}
OUTSTANDING_METRICS = (
    "outstanding", "days_overdue", "not_due", "bucket_1_30", "bucket_31_60", "bucket_61_90", "bucket_91_plus", "credits",
)  # fmt: skip
HISTORY_METRICS = ("total_revenue", "refunded_amount", "open_balance")

_OUTSTANDING = (
    Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
    Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
    Column("instalment_no", "Inst.", "integer", attrgetter("instalment_no")),
    Column("patient_id", "Patient", "text", attrgetter("patient_id")),
    Column("invoice_date", "Invoice date", "date", attrgetter("invoice_date")),
    Column("due_date", "Due date", "date", attrgetter("due_date")),
    Column("amount_due", "Amount due", "money", attrgetter("amount_due")),
    Column("days_overdue", "Days overdue", "integer", attrgetter("days_overdue")),
    Column("last_payment_date", "Last payment", "date", attrgetter("last_payment_date")),
    Column("payment_status", "Status", "text", attrgetter("payment_status")),
    Column("payer_class", "Who owes", "text", attrgetter("payer_class")),
    Column("worst_days_overdue", "Patient's worst", "integer", attrgetter("worst_days_overdue")),
    Column("next_contact_on", "Next contact", "date", attrgetter("contact_on")),
    Column("next_contact_with", "With", "text", attrgetter("contact_with"), is_long=True),
    Column("promised_amount", "Promised", "money", attrgetter("promised_amount"), is_long=True),
    Column("promised_for", "Promised for", "date", attrgetter("promised_for"), is_long=True),
    Column("promise_state", "Promise", "text", attrgetter("promise_state"), weight=9),
)
_HISTORY = (
    Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
    Column("patient_id", "Patient", "text", attrgetter("patient_id")),
    Column("payment_id", "Payment", "text", attrgetter("payment_id")),
    Column("payment_date", "Date", "date", attrgetter("payment_date")),
    Column("amount", "Amount", "money", attrgetter("amount")),
    Column("payment_status", "Status", "text", attrgetter("payment_status")),
    Column("method", "Method", "text", attrgetter("method")),
    Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
)
_AGING = (
    Column("hospital_id", "Hospital", "text", attrgetter("hospital_id")),
    Column("invoice_id", "Invoice", "text", attrgetter("invoice_id")),
    Column("instalment_no", "Inst.", "integer", attrgetter("instalment_no")),
    Column("patient_id", "Patient", "text", attrgetter("patient_id")),
    Column("invoice_date", "Invoice date", "date", attrgetter("invoice_date")),
    Column("due_date", "Due date", "date", attrgetter("due_date")),
    Column("days_overdue", "Days overdue", "integer", attrgetter("days_overdue")),
    Column("amount_due", "Amount due", "money", attrgetter("amount_due")),
    Column("bucket", "Age", "text", attrgetter("bucket")),
)


def revenue_document(connection: Connection, report: RevenueReport, stamp: Stamp, filters: Filters) -> Document:
    """Return revenue by period; with a comparison, the former period's figure beside each."""
    asked, total, currency = report.asked, report.current.total, report.asked.currency
    summary: list[tuple[str, str | Money]] = [("Revenue", Money(total.revenue, currency))]
    if asked.basis == "collected":
        summary += [("Refunded", Money(total.refunded, currency)), ("Net", Money(total.net, currency))]
    summary += [(counted(asked.basis), f"{total.count:,}"), ("Average", Money(total.average, currency))]
    if report.former:
        change = total.revenue - report.former.total.revenue
        summary.append(("Change", f"{percent(change, report.former.total.revenue)} %"))
    return Document(
        name=f"revenue-{asked.basis}-{asked.days.start}-{asked.days.end}-{currency.lower()}",
        title=f"Revenue {asked.basis}",
        currency=currency,
        columns=_revenue_columns(report),
        rows=report.current.periods,
        total=len(report.current.periods),
        stamp=stamp,
        filters=filters,
        summary=summary,
        notes=revenue_notes(report),
        definitions=definitions(connection, REVENUE_METRICS[asked.basis]),
        chart=revenue_picture(report),
        chart_columns=("period", "revenue", *(["former_revenue"] if report.former else [])),
    )


def counted(basis: str) -> str:
    """Return what the count of revenue counts."""
    return "Payments" if basis == "collected" else "Invoices"


def revenue_notes(report: RevenueReport) -> list[str]:
    """Return what a reader of the figures must know about them."""
    notes = []
    if any(step.partial for step in report.current.periods):
        notes.append("Partial periods are cut short by the range or by the business date.")
    if report.asked.ids:
        notes.append(
            "A payment shared by several departments, doctors or payers counts once in each: counts do not add up."
        )
    if report.former:
        days = report.former.days
        notes.append(f"Compared with {days.start} to {days.end}, like for like.")
        longer = len(report.former.periods) - len(report.current.periods)
        if longer > 0:
            notes.append(f"The last {longer} of the days compared with have no row here; their total counts them.")
        if not report.former.total.revenue:
            notes.append("There was no revenue to compare with: the change is shown as 0.00 %.")
    return notes


def outstanding_document(
    connection: Connection, asked: OutstandingFilter, total: OutstandingSum, stamp: Stamp, filters: Filters
) -> Document:
    """Return the open invoices that ``asked`` selects, streamed."""
    day = asked.as_of or stamp.business_date
    return Document(
        name=f"outstanding-{day}-{asked.currency.lower()}",
        title=f"Outstanding invoices as of {day}",
        currency=asked.currency,
        columns=_OUTSTANDING,
        rows=outstanding_stream(connection, asked),
        total=total.total,
        stamp=stamp,
        filters=filters,
        summary=[
            ("Outstanding", Money(total.amount, asked.currency)),
            ("Rows", f"{total.total:,}"),
            ("Of it disputed", Money(total.disputed, asked.currency)),
            ("Of it not billed yet", Money(total.unbilled, asked.currency)),
        ],
        definitions=definitions(connection, OUTSTANDING_METRICS),
    )


def outstanding_file(
    connection: Connection, asked: OutstandingFilter, total: OutstandingSum, stamp: Stamp, filters: Filters
) -> Document:
    """Return ``outstanding_document`` with what its rows add up to by age, drawn."""
    document = outstanding_document(connection, asked, total, stamp, filters)
    if not total.total:
        return document
    ages = [(age.bucket, age.amount, age.row_count) for age in outstanding_ages(connection, asked)]
    title = f"What is listed by age as of {asked.as_of or stamp.business_date}"
    return replace(document, chart=aging_chart(ages, asked.currency, title), drawn=_drawn_ages(ages))


def history_document(
    connection: Connection, asked: HistoryFilter, total: HistorySum, stamp: Stamp, filters: Filters
) -> Document:
    """Return the payments that ``asked`` selects, oldest first, streamed."""
    whose = f"-{asked.patient_id}" if asked.patient_id else ""
    start = history_start(connection, asked.hospital_id)
    return Document(
        name=f"payments{whose}-{asked.currency.lower()}",
        title=f"Payment history of patient {asked.patient_id}" if asked.patient_id else "Payment histories",
        currency=asked.currency,
        columns=_HISTORY,
        rows=history_stream(connection, asked),
        total=total.total,
        stamp=stamp,
        filters=filters,
        summary=[("Received", Money(total.received, asked.currency)), ("Rows", f"{total.total:,}")],
        notes=[f"Payments since {start}; older ones while something on them is open."] if start else [],
        definitions=definitions(connection, HISTORY_METRICS),
    )


def aging_document(connection: Connection, report: AgingReport, stamp: Stamp, filters: Filters) -> Document:
    """Return receivables by age with the invoices behind them, streamed."""
    asked, currency = report.asked, report.asked.currency
    money: Iterable[tuple[str, Decimal]] = [
        *((bucket.bucket.replace("not_due", "Not due"), bucket.amount) for bucket in report.buckets),
        ("Outstanding", report.outstanding),
        ("Credits", report.credits),
        ("Net", report.outstanding - report.credits),
    ]
    ages = [(bucket.bucket, bucket.amount, bucket.invoice_count) for bucket in report.buckets]
    return Document(
        name=f"ar-aging-{asked.as_of}-{currency.lower()}",
        title=f"Accounts receivable aging as of {asked.as_of}",
        currency=currency,
        columns=_AGING,
        rows=aging_stream(connection, asked),
        total=report.detail_count,
        stamp=stamp,
        filters=filters,
        summary=[(label, Money(amount, currency)) for label, amount in money],
        notes=["Credits age on their own and are never netted into the buckets."],
        definitions=definitions(connection, OUTSTANDING_METRICS),
        chart=aging_chart(ages, currency, f"Receivables by age as of {asked.as_of}"),
        drawn=_drawn_ages(ages),
    )


def _drawn_ages(ages: Sequence[tuple[str, Decimal, int]]) -> Section:
    columns = (
        Column("bucket", "Age", "text", lambda age: BUCKET_LABELS[age[0]]),
        Column("amount", "Amount", "money", itemgetter(1)),
        Column("count", "How many", "integer", itemgetter(2)),
    )
    return Section("By age", columns, ages, chart_columns=("bucket", "amount"))


def _revenue_columns(report: RevenueReport) -> list[Column]:
    collected = report.asked.basis == "collected"
    columns = [
        Column("period", "Period", "date", attrgetter("period")),
        Column("partial", "Partial", "text", lambda step: "partial" if step.partial else ""),
        Column("revenue", "Revenue", "money", attrgetter("figures.revenue")),
    ]
    if collected:
        columns += [
            Column("refunded", "Refunded", "money", attrgetter("figures.refunded")),
            Column("net", "Net", "money", attrgetter("figures.net")),
        ]
    columns += [
        Column("count", counted(report.asked.basis), "integer", attrgetter("figures.count")),
        Column("average", "Average", "money", attrgetter("figures.average")),
    ]
    if report.former:
        former = dict(paired(report))
        columns += [
            Column("former_period", "Compared with", "date", lambda step: former[step].period if step in former else None),
            Column(
                "former_revenue", "Revenue then", "money",
                lambda step: former[step].figures.revenue if step in former else None,
            ),
        ]  # fmt: skip
    return columns


def paired(report: RevenueReport) -> Iterable[tuple[RevenuePeriod, RevenuePeriod]]:
    """Pair each period with the one at the same place of the compared days."""
    return zip(report.current.periods, report.former.periods if report.former else (), strict=False)
