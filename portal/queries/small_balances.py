"""Small balances: invoices of which so little is open that asking for it costs more than it brings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from sqlalchemy import Connection

from portal.queries.decided import OPEN_SINCE
from portal.queries.outstanding import OPEN_TODAY, PayerClass
from portal.queries.sql import rows

# What is pending already is not asked for again. A balance with more digits than its currency cannot be asked for.
_SMALL = f"""
    with {OPEN_SINCE},
    open_items as ({OPEN_TODAY}),
    open_invoices as (
        select invoice_key, sum(amount_due) as balance, max(days_overdue) as days_overdue
        from open_items
        where hospital_id = :hospital_id and invoice_key is not null
        group by invoice_key
        having max(days_overdue) >= :min_days_overdue and not bool_or(is_disputed)
           and (cast(:payer_class as text) is null or bool_and(payer_class = :payer_class))
    ),
    pending as (
        select hospital_id, source_name, invoice_id, sum(amount) as amount
        from portal.write_offs
        where kind = 'write_off' and status = 'PENDING' and hospital_id = :hospital_id
        group by hospital_id, source_name, invoice_id
    )
    select i.source_name, i.invoice_id, i.patient_id, o.days_overdue, o.balance, o.balance - coalesce(p.amount, 0) as amount
    from open_invoices as o
    join fct_invoices as i on i.invoice_key = o.invoice_key
    left join pending as p
      on p.hospital_id = i.hospital_id and p.source_name = i.source_name and p.invoice_id = i.invoice_id
    where o.balance - coalesce(p.amount, 0) > 0 and o.balance - coalesce(p.amount, 0) <= :most
      and o.balance = round(o.balance, :digits)
    order by o.days_overdue desc, i.invoice_id, i.source_name"""


@dataclass(frozen=True)
class SmallBalance:
    """An invoice of which little is open; ``amount`` is what can be asked for: the balance less what is pending."""

    source_name: str
    invoice_id: str
    patient_id: str
    days_overdue: int
    balance: Decimal
    amount: Decimal


@dataclass(frozen=True)
class SmallBalanceFilter:
    """Which invoices of a hospital: in one currency, overdue for so many days or more; ``payer_class`` None is any.

    An invoice in instalments is as old as its oldest open one. Disputed ones are never among them.
    """

    hospital_id: str
    currency: str
    max_amount: Decimal
    min_days_overdue: int = 0
    payer_class: PayerClass | None = None


def small_balances(connection: Connection, asked: SmallBalanceFilter, most: Decimal) -> list[SmallBalance]:
    """Return the invoices that ``asked`` selects, as shown now, the longest overdue first.

    Args:
        connection: pinned to a build.
        asked: which.
        most: what the hospital allows.
    """
    parameters: dict[str, Any] = vars(asked) | {
        "most": min(asked.max_amount, most), "digits": get_currency_precision(asked.currency), "as_of": None,
    }  # fmt: skip
    return rows(connection, _SMALL, parameters, SmallBalance)
