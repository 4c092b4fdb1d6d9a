"""Disputes with the billing company as files. Notes are on a dispute's page alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.analytics.disputes import FINDINGS, OUTCOMES, Sums
from portal.analytics.money import readable
from portal.exports.document import Column, Document, Stamp
from portal.exports.documents import Filters
from portal.queries.disputes import Dispute


@dataclass(frozen=True)
class DisputeLine:
    """A dispute, until when its claim may be filed while something is to come, and what came that nobody noted."""

    dispute: Dispute
    file_by: date | None
    proposed: Decimal | None


def disputes_document(
    lines: Sequence[DisputeLine], sums: Sums, currency: str, stamp: Stamp, filters: Filters
) -> Document:
    """Return disputes of one currency; the sums are of all of them, wherever they stand."""
    return Document(
        f"disputes-{stamp.business_date}-{currency.lower()}", "Disputes with the billing company", currency,
        columns=(
            Column("id", "No.", "integer", lambda line: line.dispute.id, is_fact=True),
            Column("hospital_id", "Hospital", "text", lambda line: line.dispute.hospital_id),
            Column("provider", "Provider", "text", lambda line: line.dispute.provider_name),
            Column("case", "Case", "text", lambda line: line.dispute.label),
            Column("case_date", "Date", "date", lambda line: line.dispute.case_date),
            Column("finding", "What", "text", lambda line: FINDINGS[line.dispute.finding]),
            Column("payer", "Payer", "text", lambda line: line.dispute.payer_name, is_long=True),
            Column("state", "State", "text", lambda line: line.dispute.state),
            Column("outcome", "Answer", "text", lambda line: _answer(line.dispute)),
            Column("sent_on", "Sent", "date", lambda line: line.dispute.sent_on),
            Column("answered_on", "Answered", "date", lambda line: line.dispute.answered_on, is_long=True),
            Column("recovered_on", "Recovered on", "date", lambda line: line.dispute.recovered_on, is_long=True),
            Column("file_by", "File by", "date", lambda line: line.file_by),
            Column("claimed", "Asked for", "money", lambda line: line.dispute.claimed),
            Column("recovered", "Recovered", "money", lambda line: line.dispute.recovered),
            Column("proposed", "Came, to confirm", "money", lambda line: line.proposed),
        ),
        rows=lines,
        total=len(lines),
        stamp=stamp,
        filters=filters,
        summary=[
            (f"Sent ({sums.sent:,})", readable(sums.sent_amount, currency)),
            (f"Recovered ({sums.recovered:,})", readable(sums.recovered_amount, currency)),
            (f"Open ({sums.open:,})", readable(sums.open_amount, currency)),
        ],
        notes=["The sums are of all disputes of these providers, withdrawn ones left out."],
    )  # fmt: skip


def _answer(dispute: Dispute) -> str | None:
    return OUTCOMES[dispute.outcome] if dispute.outcome else None
