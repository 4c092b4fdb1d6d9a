"""Disputes with the billing company, as they stand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1.asked import currency_of, reach
from portal.api.v1.dispute_desk import Listed, listing
from portal.api.v1.dispute_parameters import DisputesQuery
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.schema import Camel, operation
from portal.security import requires

blueprint = Blueprint("disputes", __name__, url_prefix="/billing-audit/disputes")


class DisputeItem(Camel):
    """A dispute. Notes are on its page alone.

    ``claimed`` is what was asked for, None where nobody could say; ``recovered`` all that came; ``proposed`` what was paid (or
    billed, where nothing was paid) since it was sent and nobody confirmed yet. ``fileBy`` is the day until which the payer takes
    the claim, ``daysLeft`` is below 0 once it is past; both are None where nothing is to come.
    """

    id: int
    hospital_id: str
    provider_id: str
    provider_name: str
    finding: str
    case_date: date
    label: str | None
    payer_name: str | None
    state: str
    outcome: str | None
    claimed: str | None
    recovered: str
    proposed: str | None
    sent_on: date
    answered_on: date | None
    recovered_on: date | None
    file_by: date | None
    days_left: int | None


@blueprint.get("")
@requires("compensation:read")
@operation(list[DisputeItem], paged=True)
def show(query: DisputesQuery) -> Response:
    """What was sent to the billing company about cases of the caller's providers, and what came of it."""
    here = reach()
    found = listing(query, here, currency_of(query, here.currencies))
    start = (query.page - 1) * query.limit
    items = [_item(one).model_dump(by_alias=True) for one in found.rows[start : start + query.limit]]
    return ok(items, Pagination(query.page, query.limit, len(found.rows)), currency=found.currency)


def _item(listed: Listed) -> DisputeItem:
    one = listed.dispute

    def money(amount: Decimal | None) -> str | None:
        return None if amount is None else plain(amount, one.currency)

    return DisputeItem(
        id=one.id, hospital_id=one.hospital_id, provider_id=one.provider_id, provider_name=one.provider_name,
        finding=one.finding, case_date=one.case_date, label=one.label, payer_name=one.payer_name, state=one.state,
        outcome=one.outcome, claimed=money(one.claimed), recovered=plain(one.recovered, one.currency),
        proposed=money(listed.proposal.amount if listed.proposal else None), sent_on=one.sent_on,
        answered_on=one.answered_on, recovered_on=one.recovered_on,
        file_by=listed.deadline.day if one.is_open else None, days_left=listed.deadline.days_left if one.is_open else None,
    )  # fmt: skip
