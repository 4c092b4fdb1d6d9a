"""Disputes on behalf of the signed-in user: what the API and the pages do alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import g
from werkzeug.exceptions import NotFound

from portal.analytics.deadlines import Deadline, FilingLimits
from portal.analytics.disputes import OPEN, Figures, Proposal, Sums, add_up
from portal.analytics.ordering import ordered
from portal.api.v1.asked import Reach
from portal.api.v1.billing_audit_desk import scope_asked
from portal.api.v1.dispute_parameters import DisputesQuery
from portal.queries import disputes as queries
from portal.queries.billing_audits import BillingAudit, billing_audit
from portal.queries.case_logs import LogScope
from portal.queries.denied_claims import denied_claims
from portal.queries.disputes import Dispute
from portal.queries.filing_limits import filing_limits
from portal.security import current_providers
from portal.services.disputes import Subject

_SORTS: dict[str, Callable[[Listed], Any]] = {
    "deadline": lambda one: one.deadline.day if one.dispute.is_open else None,
    "date": lambda one: one.dispute.case_date,
    "ticket": lambda one: one.dispute.label,
    "claimed": lambda one: one.dispute.claimed,
    "recovered": lambda one: one.dispute.recovered,
    "sent": lambda one: one.dispute.sent_on,
}


@dataclass(frozen=True)
class Listed:
    """A dispute, until when its claim may be filed, and what came since that nobody noted."""

    dispute: Dispute
    deadline: Deadline
    proposal: Proposal | None


@dataclass(frozen=True)
class Listing:
    """Disputes of one currency as they were asked for; the sums are of all of them, wherever they stand."""

    currency: str
    rows: list[Listed]
    sums: Sums
    is_any: bool


def listing(query: DisputesQuery, here: Reach, currency: str) -> Listing:
    """Return the disputes about cases of the caller's providers."""
    scope = scope_asked(query.provider_id, currency, here)
    found = queries.disputes(here.marts, scope)
    limits = filing_limits(here.marts)
    came = queries.proposals(here.marts, billing_audit(here.marts, scope), found) if found else {}
    states = OPEN if query.status == "open" else (query.status,) if query.status else None
    shown = [listed(one, limits, came.get(one.id)) for one in found if states is None or one.state in states]
    return Listing(currency, ordered(shown, query.sort, _SORTS), add_up(found), bool(found))


def listed(dispute: Dispute, limits: FilingLimits, proposal: Proposal | None) -> Listed:
    """Return a dispute with its deadline."""
    deadline = limits.deadline(dispute.hospital_id, dispute.payer_key, dispute.case_date, dispute.business_date)
    return Listed(dispute, deadline, proposal)


def dispute_asked(number: int, here: Reach) -> Listed:
    """Return a dispute about a case of the caller's providers; 404 if there is none."""
    found = queries.find_dispute(here.marts, number, LogScope(current_providers(), ""))
    if found is None:
        g.denied = True
        raise NotFound("There is no such dispute about cases of your providers.")
    scope = scope_asked(found.provider_id, found.currency, here)
    came = queries.proposals(here.marts, billing_audit(here.marts, scope), [found])
    return listed(found, filing_limits(here.marts), came.get(found.id))


def subject_asked(key: str, here: Reach) -> Subject:
    """Return what is wrong with a case or claim of the caller's providers; 404 if nothing is."""
    for currency in here.currencies:
        scope = scope_asked(None, currency, here)
        found = _in_audit(key, billing_audit(here.marts, scope)) or _denied(key, scope, here)
        if found is not None:
            return found
    raise NotFound(
        "There is no such case of your providers, or nothing is wrong with it: look at the billing audit again."
    )


def _in_audit(key: str, audit: BillingAudit) -> Subject | None:
    report, currency = audit.report(), audit.scope.currency
    nothing = Figures(Decimal(0), Decimal(0))
    for one in report.missing:
        if one.logged.key == key:
            expected = one.expected.amount if one.expected else None
            return Subject(
                "missing", key, *_whose(one.logged.provider), one.logged.case_date, one.logged.ticket, currency, nothing, expected
            )  # fmt: skip
    for different in report.discrepancies:
        match = different.match
        if match.logged.key == key:
            short = -(different.amount_difference or Decimal(0))
            return Subject(
                "discrepancy", key, *_whose(match.logged.provider), match.logged.case_date, match.logged.ticket, currency,
                Figures(match.billed_amount, match.paid_amount), short if short > 0 else None,
            )  # fmt: skip
    for case in report.unpaid:
        if case.key == key:
            return Subject(
                "unpaid", key, *_whose(case.provider), case.case_date, case.ticket, currency, Figures(case.billed, case.paid),
                case.billed,
            )  # fmt: skip
    return None


def _denied(key: str, scope: LogScope, here: Reach) -> Subject | None:
    try:
        claim_key = UUID(key)
    except ValueError:
        return None
    for claim in denied_claims(here.marts, scope, claim_key=claim_key):
        open_amount = claim.billed - claim.paid
        return Subject(
            "denied", claim.key, claim.hospital_id, claim.provider_id, claim.case_date, claim.claim_id, scope.currency,
            Figures(claim.billed, claim.paid), open_amount if open_amount > 0 else None, claim.payer_key,
        )  # fmt: skip
    return None


def _whose(provider: str) -> tuple[str, str]:
    hospital, _, name = provider.partition("|")
    return hospital, name
