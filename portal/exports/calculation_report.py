"""The ASMG calculation report: every case of a provider's month with the arithmetic of its pay, beside the statement."""

from __future__ import annotations

from operator import attrgetter

from sqlalchemy import Connection

from portal.analytics.money import exact, readable
from portal.analytics.pay_differences import CAUSES, Explanation
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.queries.cases import Case
from portal.queries.compensation import Pay
from portal.queries.definitions import definitions
from portal.queries.provider_month import ProviderMonth

METRICS = ("case_pay", "calculated_pay", "statement_gross_pay", "compensation_difference")
REASONS = {
    "no_plan": "no plan on that day",
    "no_base_units": "no base units for the procedure",
    "no_minutes": "no minutes",
}


def calculation_report(connection: Connection, found: ProviderMonth, stamp: Stamp, filters: Filters) -> Document:
    """Return the report of one provider's month."""
    pay, month, currency = found.pay, found.month, found.currency
    return Document(
        name=f"asmg-calculation-{month.start:%Y-%m}-{currency.lower()}",
        title=f"ASMG calculation report, {month.start:%B %Y}",
        currency=currency,
        columns=(
            Column("case_date", "Date", "date", attrgetter("case_date")),
            Column("ticket_number", "Ticket", "text", attrgetter("ticket_number")),
            Column("cpt_code", "Procedure", "text", attrgetter("cpt_code")),
            Column("calculation", "Calculation", "text", arithmetic),
            Column("amount", "Pay", "money", attrgetter("amount")),
            Column("posted_on", "Posted", "date", attrgetter("first_posted_date")),
        ),
        rows=found.cases,
        total=len(found.cases),
        stamp=stamp,
        filters=filters,
        summary=[
            ("Cases", f"{pay.case_count:,}"),
            ("Not calculated", f"{pay.uncalculated_case_count:,}"),
            ("Calculated", readable(pay.calculated, currency)),
            *(_stated(pay, currency) if pay.statement_count else [("Statement", "none")]),
        ],
        notes=[
            "Pay = (base units + time units + modifier units) × conversion factor × modifier factor × share.",
            *(said(part, currency) for part in found.explanations),
        ],
        definitions=definitions(connection, METRICS),
    )


def arithmetic(case: Case) -> str:
    """Return how a case's pay is calculated, number by number, or why it is not."""
    if case.uncalculated_reason:
        return REASONS.get(case.uncalculated_reason, case.uncalculated_reason)
    if (
        case.base_units is None
        or case.time_units is None
        or case.conversion_factor is None
        or case.share_percent is None
    ):
        return ""
    units = [case.base_units, case.time_units, *([case.modifier_units] if case.modifier_units else [])]
    factors = [case.conversion_factor, *([case.modifier_factor] if case.modifier_factor not in (None, 1) else [])]
    product = " × ".join(
        [f"({' + '.join(map(exact, units))})", *(exact(factor) for factor in factors if factor is not None)]
    )
    return product if case.share_percent == 100 else f"{product} × {exact(case.share_percent)} %"


def said(part: Explanation, currency: str) -> str:
    """Return an explanation in words."""
    amount = "" if part.amount is None else f" {readable(part.amount, currency)}"
    ticket = f", ticket {part.ticket_number}" if part.ticket_number else ""
    count = f" ({part.case_count:,})" if part.case_count and not part.ticket_number else ""
    return f"{CAUSES[part.cause]}{count}{ticket}:{amount}".rstrip(":") + "."


def _stated(pay: Pay, currency: str) -> list[tuple[str, str]]:
    figures = {
        "Stated gross pay": pay.gross_pay, "Commission in it": pay.commission, "Bonus in it": pay.bonus,
        "Deductions": pay.deductions, "Net pay": pay.net_pay, "Stated − calculated": pay.difference,
    }  # fmt: skip
    return [(label, readable(amount, currency)) for label, amount in figures.items()]
