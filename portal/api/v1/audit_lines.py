"""The lists of the billing audit's page: each line with its deadline and dispute, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.analytics.billing_audit import AuditReport, Fate
from portal.analytics.deadlines import Deadline, FilingLimits
from portal.analytics.disputes import OUTCOMES
from portal.analytics.money import readable
from portal.analytics.ordering import ordered
from portal.api.v1.asked import Reach
from portal.api.v1.billing_audit_desk import Audit
from portal.api.v1.billing_audit_parameters import AuditPageQuery, Show
from portal.exports.billing_audit_documents import Evidence, Standing
from portal.queries.denied_claims import DeniedClaim
from portal.queries.disputes import Dispute, disputes
from portal.queries.filing_limits import filing_limits

_URGENT: tuple[Show, ...] = ("missing", "denied")  # what can still be filed, or filed again
_SORTS: dict[str, Callable[[Line], Any]] = {
    "date": lambda one: one.case_date,
    "provider": lambda one: one.provider,
    "ticket": lambda one: one.label,
    "expected": lambda one: one.expected,
    "billed": lambda one: one.billed,
    "paid": lambda one: one.paid,
    "score": lambda one: one.score,
    "payer": lambda one: one.payer,
    "deadline": lambda one: one.deadline and one.deadline.day,
    "dispute": lambda one: one.dispute and one.dispute.state,
    "fate": lambda one: one.fate,
}


@dataclass(frozen=True)
class Line:
    """A line of a list: ``row`` is what the audit says; what has no meaning for its list is None.

    ``age`` counts days from the case to the business date of its hospital.
    """

    row: Any
    case_date: date
    provider: str
    label: str | None
    age: int
    expected: Decimal | None = None
    billed: Decimal | None = None
    paid: Decimal | None = None
    score: Decimal | None = None
    payer: str | None = None
    deadline: Deadline | None = None
    dispute: Dispute | None = None
    fate: Fate | None = None


@dataclass(frozen=True)
class _Known:
    """What lines are made with."""

    dates: Mapping[str, date]
    limits: FilingLimits
    disputes: Mapping[str, Dispute]

    def line(self, row: Any, case: Any, show: Show, **more: Any) -> Line:
        hospital = case.provider.partition("|")[0]
        business_date = self.dates[hospital]
        dispute = self.disputes.get(case.key)
        deadline = None
        if show in _URGENT:
            payer = dispute.payer_key if dispute else None
            deadline = self.limits.deadline(hospital, payer, case.case_date, business_date)
        return Line(
            row, case.case_date, case.provider, case.ticket, (business_date - case.case_date).days, deadline=deadline,
            dispute=dispute, **more,
        )  # fmt: skip

    def denied(self, claim: DeniedClaim) -> Line:
        business_date = self.dates[claim.hospital_id]
        return Line(
            claim, claim.case_date, f"{claim.hospital_id}|{claim.provider_id}", claim.claim_id,
            (business_date - claim.case_date).days, billed=claim.billed, paid=claim.paid, payer=claim.payer_name,
            deadline=self.limits.deadline(claim.hospital_id, claim.payer_key, claim.case_date, business_date),
            dispute=self.disputes.get(claim.key),
        )  # fmt: skip


def lines(audit: Audit, query: AuditPageQuery, here: Reach) -> list[Line]:
    """Return the list of an audit that ``query`` shows; what is urgent is first where nothing else is asked for."""
    known = _Known(
        {one.hospital_id: one.business_date for one in here.hospitals},
        filing_limits(here.marts),
        disputes_by_subject(audit, here),
    )
    found = (
        [known.denied(claim) for claim in audit.denied]
        if query.show == "denied"
        else _of(audit.report, query.show, known)
    )
    return ordered(found, query.sort or ("deadline" if query.show in _URGENT else "date"), _SORTS)


def evidence(audit: Audit, here: Reach) -> Evidence:
    """Return what the evidence report of an audit is made of."""
    dates = {one.hospital_id: one.business_date for one in here.hospitals}
    limits, open_ones = filing_limits(here.marts), disputes_by_subject(audit, here)
    standing = {key: Standing(dispute=_said(dispute)) for key, dispute in open_ones.items()}
    for one in audit.report.missing:
        hospital, dispute = one.logged.provider.partition("|")[0], open_ones.get(one.logged.key)
        payer = dispute.payer_key if dispute else None
        deadline = limits.deadline(hospital, payer, one.logged.case_date, dates[hospital])
        standing[one.logged.key] = Standing(deadline.day, _said(dispute) if dispute else None)
    return Evidence(audit.report, audit.days, audit.found.scope.currency, standing)


def _said(dispute: Dispute) -> str:
    if dispute.state == "recovered":
        return f"recovered {readable(dispute.recovered, dispute.currency)} on {dispute.recovered_on}"
    if dispute.state == "answered" and dispute.outcome:
        return f"sent {dispute.sent_on}, answered {dispute.answered_on}: {OUTCOMES[dispute.outcome].lower()}"
    return f"sent {dispute.sent_on}"


def disputes_by_subject(audit: Audit, here: Reach) -> dict[str, Dispute]:
    """Return the newest standing dispute about each case of an audit."""
    found = disputes(here.marts, audit.found.scope)
    return {one.subject_key: one for one in sorted(found, key=lambda one: one.id) if one.state != "withdrawn"}


def _of(report: AuditReport, show: Show, known: _Known) -> list[Line]:
    if show == "missing":
        return [
            known.line(one, one.logged, show, expected=one.expected.amount if one.expected else None)
            for one in report.missing
        ]
    if show == "discrepancies":
        return [
            known.line(
                one, one.match.logged, show, expected=one.expected.amount if one.expected else None,
                billed=one.match.billed_amount, score=one.match.score,
            )
            for one in report.discrepancies
        ]  # fmt: skip
    if show == "ambiguous":
        return [known.line(one, one.logged[0], show) for one in report.ambiguous]
    if show == "matched":
        return [
            known.line(one, one.logged, show, billed=one.billed_amount, paid=one.paid_amount, score=one.score)
            for one in report.matches
        ]
    if show == "logged":
        return [known.line(case, case, show, fate=fate) for case, fate in report.logged]
    if show == "billed":
        return [known.line(one, one, show, billed=one.billed, paid=one.paid, fate=fate) for one, fate in report.billed]
    cases = report.unexpected if show == "unexpected" else report.unpaid
    return [known.line(one, one, show, billed=one.billed, paid=one.paid) for one in cases]
