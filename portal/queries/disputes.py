"""Disputes with the billing company, their steps, and what was billed and paid since for what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from portal.analytics.disputes import OPEN, Figures, Finding, Outcome, Proposal, State, proposed
from portal.queries.billing_audits import BillingAudit
from portal.queries.case_logs import LogScope
from portal.queries.sql import rows
from warehouse import identity

_DISPUTES = """
    select d.id, d.hospital_id, d.provider_id, d.finding, d.subject_key, d.case_date, d.label, d.currency, d.claimed,
           d.billed_before, d.paid_before, d.payer_key, p.name as payer_name, d.state, u.email as opened_by,
           h.business_date,
           coalesce((select min(n.name) from dim_providers as n
                     where n.hospital_id = d.hospital_id and n.provider_id = d.provider_id), d.provider_id) as provider_name,
           steps.sent_on, steps.answered_on, steps.outcome, steps.recovered_on, steps.recovered
    from portal.disputes as d
    join dim_hospitals as h on h.hospital_id = d.hospital_id
    join portal.users as u on u.id = d.opened_by
    left join dim_payers as p on p.payer_key = d.payer_key
    cross join lateral (
        select min(s.on_date) filter (where s.kind = 'sent') as sent_on,
               max(s.on_date) filter (where s.kind = 'answered') as answered_on,
               (array_agg(s.outcome order by s.id desc) filter (where s.kind = 'answered'))[1] as outcome,
               max(s.on_date) filter (where s.kind = 'recovered') as recovered_on,
               coalesce(sum(s.amount), 0) as recovered
        from portal.dispute_steps as s
        where s.dispute_id = d.id and s.undone_at is null
    ) as steps
    where (cast(:currency as text) is null or d.currency = :currency) and (cast(:id as bigint) is null or d.id = :id)
      and (cast(:provider_id as text) is null or d.provider_id = :provider_id)
      and (:everyone or (d.hospital_id, d.provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      ))
    order by d.case_date, d.id"""
_STEPS = """
    select s.id, s.kind, s.on_date, s.outcome, s.amount, s.note, m.email as made_by, s.made_at, u.email as undone_by, s.undone_at
    from portal.dispute_steps as s
    join portal.users as m on m.id = s.made_by
    left join portal.users as u on u.id = s.undone_by
    where s.dispute_id = :id
    order by s.id"""
_UNPAID = """
    select cast(case_key as text) as key, coalesce(billed, 0) as billed, coalesce(paid, 0) as paid
    from fct_cases where case_key = any (cast(:keys as uuid[])) and not is_reversed"""
# A denied claim that is filed again is paid as the claim that took its place.
_DENIED = """
    select cast(claims.claim_key as text) as key, coalesce(claims.billed_amount, 0) as billed,
           coalesce(claims.paid_amount, 0) + coalesce((
               select sum(coalesce(again.paid_amount, 0)) from fct_claims as again
               where again.hospital_id = claims.hospital_id and again.source_name = claims.source_name
                 and again.resubmission_of = claims.claim_id
           ), 0) as paid
    from fct_claims as claims where claims.claim_key = any (cast(:keys as uuid[]))"""


@dataclass(frozen=True)
class Dispute:
    """A dispute as its steps leave it; ``recovered`` is all that came, ``claimed`` None where nobody can say."""

    id: int
    hospital_id: str
    provider_id: str
    provider_name: str
    finding: Finding
    subject_key: str
    case_date: date
    label: str | None
    currency: str
    claimed: Decimal | None
    billed_before: Decimal
    paid_before: Decimal
    payer_key: UUID | None
    payer_name: str | None
    state: State
    opened_by: str
    business_date: date
    sent_on: date
    answered_on: date | None
    outcome: Outcome | None
    recovered_on: date | None
    recovered: Decimal

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state in OPEN


@dataclass(frozen=True)
class DisputeStep:
    """What happened, who noted it, and whether it was taken back; ``note`` is encrypted, ``words`` reads it."""

    id: int
    kind: State
    on_date: date
    outcome: Outcome | None
    amount: Decimal | None
    note: bytes | None
    made_by: str
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None

    def words(self, keys: Sequence[str]) -> str | None:
        """Return the note in clear.

        Raises:
            IdentityKeyError: if none of ``keys`` opens it.
        """
        return None if self.note is None else identity.decrypt(self.note, keys)["note"]


@dataclass(frozen=True)
class _Now:
    key: str
    billed: Decimal
    paid: Decimal


def disputes(connection: Connection, scope: LogScope) -> list[Dispute]:
    """Return the disputes about cases of the providers in ``scope``, oldest case first."""
    return rows(connection, _DISPUTES, scope.parameters | {"id": None}, Dispute)


def find_dispute(connection: Connection, number: int, scope: LogScope) -> Dispute | None:
    """Return one dispute of the providers in ``scope``, of whatever currency; None if there is none."""
    found = rows(connection, _DISPUTES, scope.parameters | {"id": number, "currency": None}, Dispute)
    return found[0] if found else None


def steps(connection: Connection, number: int) -> list[DisputeStep]:
    """Return everything that happened to a dispute, what was taken back too, oldest first."""
    return rows(connection, _STEPS, {"id": number}, DisputeStep)


def proposals(connection: Connection, audit: BillingAudit, found: Sequence[Dispute]) -> dict[int, Proposal]:
    """Return by number what came since disputes were sent that nobody noted yet."""
    waiting = [one for one in found if one.state != "withdrawn"]
    now = figures_now(connection, audit, waiting)
    came: dict[int, Proposal] = {}
    for one in waiting:
        before = Figures(one.billed_before, one.paid_before)
        if proposal := proposed(before, now.get(one.subject_key), one.recovered):
            came[one.id] = proposal
    return came


def figures_now(connection: Connection, audit: BillingAudit, found: Sequence[Dispute]) -> dict[str, Figures]:
    """Return by subject what is billed and paid in the live build; a case that nothing stands for is left out."""
    logged = {match.logged.key: match for match in audit.matching.matches}
    now = {
        one.subject_key: Figures(match.billed_amount, match.paid_amount)
        for one in found
        if (match := logged.get(one.subject_key))
    }
    for finding, query in (("unpaid", _UNPAID), ("denied", _DENIED)):
        parameters: dict[str, Any] = {"keys": [one.subject_key for one in found if one.finding == finding]}
        if parameters["keys"]:
            now |= {one.key: Figures(one.billed, one.paid) for one in rows(connection, query, parameters, _Now)}
    return now
