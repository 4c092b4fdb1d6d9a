"""Who is told by mail of a request for a write-off and of what became of it. What they are told: ``notice_texts``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import current_app
from sqlalchemy import Connection, text

from portal.permissions import ALL_HOSPITALS_ROLE, permissions_of
from portal.queries.sql import rows
from portal.services import mails, notice_texts
from portal.services.notice_texts import Facts
from portal.services.write_off_rules import approver_limit

PAGE = "/staff/write-offs"
"""The queue; a request's own page stands below it."""

_FACTS = """
  select
    w.id, w.batch_id, w.kind, w.reverses_id, w.hospital_id, coalesce(h.name, w.hospital_id) as hospital, w.currency, w.amount,
    w.category, w.status, w.requested_by, a.email as asker, w.decided_by, d.email as decider, w.decision_notes,
    a.active as is_asker_active
  from portal.write_offs as w
  join portal.users as a on a.id = w.requested_by
  left join portal.users as d on d.id = w.decided_by
  left join dim_hospitals as h on h.hospital_id = w.hospital_id
  where w.id = any (:numbers)
  order by w.id
"""
_USERS = text("""
  select u.id as user_id, array_agg(r.name) as roles
  from portal.users as u
  join portal.roles_users as ru on ru.user_id = u.id
  join portal.roles as r on r.id = ru.role_id
  where u.active and u.id <> :asker
  group by u.id
  having bool_or(r.name = :everywhere)
    or exists (select from portal.user_hospitals as h where h.user_id = u.id and h.hospital_id = :hospital)
  order by u.id
""")


@dataclass(frozen=True)
class Approver:
    """Somebody who may decide at a hospital; ``limit`` None is any amount."""

    user_id: int
    limit: Decimal | None
    is_everywhere: bool = False

    def may(self, amount: Decimal) -> bool:
        """Return whether the limit allows ``amount``."""
        return self.limit is None or amount <= self.limit


def to_tell(approvers: Sequence[Approver], amount: Decimal) -> list[int]:
    """Return who is to hear of a request.

    Those whose limit allows it; who has every hospital (super_admin) only if nobody else can decide. If nobody can at all,
    those with the highest limit, who know whom to ask.
    """
    able = [one for one in approvers if one.may(amount)]
    if able:
        return [one.user_id for one in able if not one.is_everywhere] or [one.user_id for one in able]
    highest = max((one.limit for one in approvers if one.limit is not None), default=None)
    return [one.user_id for one in approvers if one.limit == highest]


def approvers(connection: Connection, hospital_id: str, asker: int) -> list[Approver]:
    """Return the active users who may decide at a hospital, without who asked."""
    limits: Mapping[str, Decimal] = current_app.config["APPROVER_LIMITS"]
    places = {"hospital": hospital_id, "asker": asker, "everywhere": ALL_HOSPITALS_ROLE}
    return [
        Approver(row.user_id, approver_limit(limits, row.roles), ALL_HOSPITALS_ROLE in row.roles)
        for row in connection.execute(_USERS, places)
        if "financial-reports:approve" in permissions_of(row.roles)
    ]


def asked(connection: Connection, numbers: Sequence[int]) -> None:
    """Tell the approvers of new requests of one person at one hospital: one mail to each, however many requests.

    Args:
        connection: of the transaction that made them, pinned to a build.
        numbers: of the requests; not none.
    """
    found = _facts(connection, numbers)
    first = found[0]
    readers = to_tell(approvers(connection, first.hospital_id, first.requested_by), max(one.amount for one in found))
    if first.batch_id is None:
        words, page = notice_texts.request(first), f"{PAGE}/{first.id}"
    else:
        words, page = notice_texts.batch_request(found), f"{PAGE}?status=PENDING&category={first.category}"
    _post(connection, readers, "write_off_request", words, page)


def decided(connection: Connection, write_off: int) -> None:
    """Tell who asked that somebody else decided, and whether there are notes.

    Args:
        connection: of the transaction that decided, pinned to a build.
        write_off: number of the request.
    """
    (facts,) = _facts(connection, [write_off])
    if facts.is_asker_active and facts.decided_by != facts.requested_by:
        words = notice_texts.decision(facts)
        _post(connection, [facts.requested_by], "write_off_decision", words, f"{PAGE}/{write_off}")


def batch_decided(connection: Connection, approved: Sequence[int], pending: int) -> None:
    """Tell who asked for a batch, in one mail, what of it was approved.

    Args:
        connection: pinned to a build.
        approved: numbers of the approved requests; not none.
        pending: how many could not be approved.
    """
    found = _facts(connection, approved)
    if found[0].is_asker_active:
        words = notice_texts.batch_decision(found, pending)
        _post(connection, [found[0].requested_by], "write_off_decision", words, f"{PAGE}?category={found[0].category}")


def _facts(connection: Connection, numbers: Sequence[int]) -> list[Facts]:
    return rows(connection, _FACTS, {"numbers": list(numbers)}, Facts)


def _post(connection: Connection, readers: Sequence[int], kind: str, words: tuple[str, str], page: str) -> None:
    subject, body = words
    site = current_app.config["SITE_URL"]
    where = f"Daybook: {site}{page}" if site else "More stands in Daybook, on the page Write-offs."
    mails.post(connection, readers, kind, subject, f"{body}\n{where}\n")
