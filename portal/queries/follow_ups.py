"""Follow-up of open invoices: what was noted and agreed, and whether promises to pay were kept, which the ledger says.

A promise is kept once the invoice received the promised amount from the day it was made, or nothing is left to pay, by its day;
broken when its day has passed without; replaced when another was made before its day; else open. The newest promise of an
invoice, and the newest word on the next contact, are the ones that stand. What was withdrawn never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection

from portal.queries.decided import DECIDED
from portal.queries.sql import rows

PromiseState = Literal["open", "kept", "broken", "replaced"]

_STANDING = """
    entries_standing as (
        select f.*, i.invoice_key, coalesce(cast(:as_of as date), h.business_date) as as_of
        from portal.follow_ups as f
        join fct_invoices as i
          on i.hospital_id = f.hospital_id and i.source_name = f.source_name and i.invoice_id = f.invoice_id
        join dim_hospitals as h on h.hospital_id = f.hospital_id
        where f.withdraws_id is null and (cast(:as_of as date) is null or f.made_on <= :as_of) {only}
          and not exists (
              select from portal.follow_ups as w
              where w.withdraws_id = f.id and (cast(:as_of as date) is null or w.made_on <= :as_of)
          )
    ),
    promise_days as (
        select p.*, least(p.promised_for, p.as_of, p.replaced_on - 1) as last_day
        from (
            select s.*, lead(s.made_on) over (partition by s.invoice_key order by s.id) as replaced_on
            from entries_standing as s where s.promised_for is not null
        ) as p
    ),
    promises as (
        select p.id, p.invoice_key, p.promised_amount, p.promised_for, m.received,
               case when m.received >= p.promised_amount or m.open <= 0 then 'kept'
                    when p.replaced_on <= p.promised_for then 'replaced'
                    when p.promised_for < p.as_of then 'broken'
                    else 'open' end as state
        from promise_days as p
        cross join lateral (
            select coalesce(-sum(e.amount) filter (
                       where e.event_type in ('collected', 'refunded') and e.effective_date >= p.made_on
                   ), 0) as received,
                   coalesce(sum(e.amount), 0) - coalesce((
                       select sum(d.amount) from decided as d
                       where d.invoice_key = p.invoice_key and d.effective_date <= p.last_day
                   ), 0) as open
            from fct_receivable_events as e
            where e.invoice_key = p.invoice_key and e.effective_date <= p.last_day
        ) as m
    ),
    last_promises as (
        select distinct on (invoice_key) invoice_key, promised_amount, promised_for, state as promise_state
        from promises order by invoice_key, id desc
    ),
    next_contacts as (
        select invoice_key, contact_on, contact_with, contact_on <= as_of as is_contact_due
        from (
            select distinct on (invoice_key) * from entries_standing
            where contact_on is not null or ends_contact order by invoice_key, id desc
        ) as newest
        where not ends_contact
    )"""
FOLLOWED = _STANDING.format(only="")
"""What stands of every invoice: ``last_promises``, ``next_contacts``. Needs ``DECIDED`` and ``:as_of`` (null: today)."""
_OF_ONE = _STANDING.format(only="and i.invoice_key = :invoice_key")


@dataclass(frozen=True)
class FollowUp:
    """One entry of an invoice's follow-up; ``note`` is encrypted. Days are the hospital's."""

    id: int
    note: bytes | None
    promised_amount: Decimal | None
    promised_for: date | None
    promise_state: PromiseState | None
    received: Decimal | None
    contact_on: date | None
    contact_with: str | None
    ends_contact: bool
    made_by: str
    made_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """What stands of an invoice: the newest promise, and whom to contact next and when; None where there is none."""

    promised_amount: Decimal | None = None
    promised_for: date | None = None
    promise_state: PromiseState | None = None
    contact_on: date | None = None
    contact_with: str | None = None
    is_contact_due: bool | None = None


def followed_of(rows: str) -> str:
    """Return ``FOLLOWED`` for the invoices of the table expression ``rows`` alone, which has ``invoice_key``."""
    return _STANDING.format(only=f"and i.invoice_key in (select invoice_key from {rows})")


def follow_ups(connection: Connection, invoice_key: UUID, as_of: date | None = None) -> list[FollowUp]:
    """Return an invoice's entries, newest first; ``as_of`` a day of the past, those that were made by then."""
    sql = f"""
        with {DECIDED}, {_OF_ONE}
        select f.id, f.note, f.promised_amount, f.promised_for, p.state as promise_state, p.received, f.contact_on,
               f.contact_with, f.ends_contact, u.email as made_by, f.made_at, wu.email as withdrawn_by,
               w.made_at as withdrawn_at
        from portal.follow_ups as f
        join fct_invoices as i
          on i.hospital_id = f.hospital_id and i.source_name = f.source_name and i.invoice_id = f.invoice_id
        join portal.users as u on u.id = f.made_by
        left join portal.follow_ups as w
          on w.withdraws_id = f.id and (cast(:as_of as date) is null or w.made_on <= :as_of)
        left join portal.users as wu on wu.id = w.made_by
        left join promises as p on p.id = f.id
        where i.invoice_key = :invoice_key and f.withdraws_id is null
          and (cast(:as_of as date) is null or f.made_on <= :as_of)
        order by f.id desc"""
    return rows(connection, sql, {"invoice_key": invoice_key, "as_of": as_of}, FollowUp)


def standing(connection: Connection, invoice_key: UUID, as_of: date | None = None) -> Standing:
    """Return what stands of an invoice now, or as of a day of the past."""
    sql = f"""
        with {DECIDED}, {_OF_ONE}
        select p.promised_amount, p.promised_for, p.promise_state, n.contact_on, n.contact_with, n.is_contact_due
        from last_promises as p full join next_contacts as n on n.invoice_key = p.invoice_key"""
    found = rows(connection, sql, {"invoice_key": invoice_key, "as_of": as_of}, Standing)
    return found[0] if found else Standing()
