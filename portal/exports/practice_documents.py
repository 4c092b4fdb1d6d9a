"""Compensation, cases and payments as files."""

from __future__ import annotations

from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import exact, readable
from portal.exports.document import Column, Document, Kind, Stamp
from portal.exports.documents import Filters
from portal.queries.cases import Case, CaseSum, cases_stream
from portal.queries.compensation import Compensation, ProviderPay
from portal.queries.definitions import definitions
from portal.queries.patients import history_start
from portal.queries.payments import PaymentFilter, PaymentSum, payments_stream
from portal.queries.workload import WorkFilter


def compensation_document(
    connection: Connection, found: Compensation, rows: list[ProviderPay], stamp: Stamp, filters: Filters
) -> Document:
    """Return pay by month and provider, where there are cases or a statement."""
    asked, total, currency = found.asked, found.total, found.asked.currency
    money = ("calculated", "gross_pay", "commission", "bonus", "deductions", "net_pay", "difference")
    return Document(
        name=_name("compensation", asked),
        title="Compensation by month",
        currency=currency,
        columns=(
            _column("month", "Month", "date"),
            _column("hospital_id", "Hospital", "text"),
            _column("provider_id", "Provider", "text"),
            _column("name", "Name", "text"),
            _column("case_count", "Cases", "integer"),
            _column("uncalculated_case_count", "Not calculated", "integer"),
            _column("statement_count", "Statements", "integer"),
            *(_column(name, name.replace("_", " ").capitalize(), "money") for name in money),
        ),
        rows=rows,
        total=len(rows),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Calculated", readable(total.calculated, currency)),
            ("Stated gross pay", readable(total.gross_pay, currency)),
            ("Difference", readable(total.difference, currency)),
            ("Cases", f"{total.case_count:,}"),
            ("Of them not calculated", f"{total.uncalculated_case_count:,}"),
        ],
        notes=[
            "Months are whole, up to the business date. A month without a statement counts as stated 0.",
            f"{total.imported_count:,} of the {total.statement_count:,} statements were imported by people;"
            " the source delivers the others.",
        ],
        definitions=definitions(connection, ("calculated_pay", "statement_gross_pay", "compensation_difference")),
        chart_columns=("month", "calculated", "gross_pay"),
    )


def cases_document(
    connection: Connection, asked: WorkFilter, total: CaseSum, stamp: Stamp, filters: Filters
) -> Document:
    """Return the cases with everything their pay was calculated from, streamed."""
    return Document(
        name=_name("cases", asked),
        title="Cases",
        currency=asked.currency,
        columns=case_columns(),
        rows=cases_stream(connection, asked),
        total=total.total,
        stamp=stamp,
        filters=filters,
        summary=[
            ("Cases", f"{total.case_count:,}"),
            ("Reversed", f"{total.total - total.case_count:,}"),
            ("Calculated pay", readable(total.amount, asked.currency)),
            ("Not calculated", f"{total.uncalculated:,}"),
            ("Billed", readable(total.billed, asked.currency)),
            ("Paid", readable(total.paid, asked.currency)),
        ],
        notes=["Pay = units × factor × modifier factor × share. Reversed cases are no cases; their money is listed."],
        definitions=definitions(connection, ("case_count", "case_pay")),
    )


def case_columns() -> tuple[Column, ...]:
    """Return the columns of a list of cases."""
    return (
        _column("hospital_id", "Hospital", "text"),
        _column("provider_id", "Provider", "text"),
        _column("ticket_number", "Ticket", "text"),
        _column("case_date", "Date", "date"),
        Column("reversed", "Reversed", "text", lambda case: "reversed" if case.is_reversed else ""),
        _column("cpt_code", "Procedure", "text"),
        _quantity("base_units", "Base units"),
        _quantity("minutes", "Minutes"),
        _quantity("minutes_per_unit", "Minutes a unit", is_long=True),
        _quantity("time_units", "Time units"),
        _quantity("modifier_units", "Modifier units", is_long=True),
        _quantity("modifier_factor", "Modifier factor", is_long=True),
        Column("unknown_modifiers", "Unknown modifiers", "integer", attrgetter("unknown_modifier_count"), is_long=True),
        _quantity("total_units", "Units"),
        Column("plan_valid_from", "Plan from", "date", attrgetter("plan_valid_from"), is_long=True),
        _quantity("conversion_factor", "Factor"),
        _quantity("share_percent", "Share %"),
        _column("amount", "Pay", "money"),
        Column("uncalculated_reason", "Not calculated", "text", attrgetter("uncalculated_reason")),
        Column("first_posted_date", "Posted from", "date", attrgetter("first_posted_date"), is_long=True),
        Column("last_posted_date", "Posted to", "date", attrgetter("last_posted_date"), is_long=True),
        _column("billed", "Billed", "money"),
        _column("paid", "Paid", "money"),
    )  # fmt: skip


def transactions_document(
    connection: Connection, asked: PaymentFilter, total: PaymentSum, stamp: Stamp, filters: Filters
) -> Document:
    """Return payments one by one, streamed."""
    return Document(
        name=_name("transactions", asked),
        title="Payments",
        currency=asked.currency,
        columns=(
            _column("hospital_id", "Hospital", "text"),
            _column("payment_id", "Payment", "text"),
            _column("payment_date", "Date", "date"),
            _column("invoice_id", "Invoice", "text"),
            _column("patient_id", "Patient", "text"),
            _column("amount", "Amount", "money"),
            _column("payment_status", "Status", "text"),
            _column("method", "Method", "text"),
            _column("payer_id", "Payer", "text"),
            _column("refunded_amount", "Refunded", "money"),
            _column("refunded_date", "Refunded on", "date"),
            Column("unmatched", "Unmatched", "text", lambda row: "unmatched" if row.is_unmatched else ""),
        ),
        rows=payments_stream(connection, asked),
        total=total.total,
        stamp=stamp,
        filters=filters,
        summary=[
            ("Received", readable(total.received, asked.currency)),
            ("Refunded since", readable(total.refunded, asked.currency)),
            ("Rows", f"{total.total:,}"),
        ],
        notes=[
            "Pending and failed payments are listed, and not among what was received.",
            *_without_patients(connection),
        ],
        definitions=definitions(connection, ("total_revenue", "refunded_amount")),
    )


def _without_patients(connection: Connection) -> list[str]:
    start = history_start(connection, None)
    return [f"Payments before {start} are listed without their patient."] if start else []


def _name(entity: str, asked: WorkFilter | PaymentFilter) -> str:
    days = asked.months if isinstance(asked, WorkFilter) else asked.days
    return f"{entity}-{days.start}-{days.end}-{asked.currency.lower()}"


def _column(name: str, label: str, kind: Kind) -> Column:
    return Column(name, label, kind, attrgetter(name))


def _quantity(name: str, label: str, is_long: bool = False) -> Column:
    # Text: a quantity keeps the decimals that it has, where a rate would be cut to two.
    def value(case: Case) -> str | None:
        found = getattr(case, name)
        return None if found is None else exact(found)

    return Column(name, label, "text", value, is_long)
