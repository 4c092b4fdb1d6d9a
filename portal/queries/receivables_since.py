"""What was decided since the build changes in each hospital's receivables of its business date."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from portal.queries.decided import OPEN_SINCE
from portal.queries.sql import rows, values

_CHANGES = f"""
    with {OPEN_SINCE},
    amounts as (
        select hospital_id, open_amount as amount, as_of - line_aging_date > 90 as is_over_90, 1 as sign from split
        union all
        select hospital_id, amount, false, 1 from decided_open where amount < 0
        union all
        select b.hospital_id, b.balance, cast(:as_of as date) - b.aging_date > 90, -1
        from fct_invoice_balances as b
        where b.invoice_key in (select invoice_key from decided) and b.currency = :currency
          and b.valid_from <= :as_of and b.valid_to > :as_of
    )
    select a.hospital_id, coalesce(sum(sign * amount) filter (where amount > 0), 0) as receivables,
           coalesce(sum(sign * amount) filter (where amount > 0 and is_over_90), 0) as over_90,
           coalesce(-sum(sign * amount) filter (where amount < 0), 0) as credits
    from amounts as a
    join dim_hospitals as h on h.hospital_id = a.hospital_id
    where h.business_date = :as_of
    group by a.hospital_id"""


@dataclass(frozen=True)
class ReceivablesChange:
    """By how much a hospital's receivables, those more than 90 days old, and its credits differ from the build's."""

    hospital_id: str
    receivables: Decimal
    over_90: Decimal
    credits: Decimal


def receivables_changes(connection: Connection, currency: str) -> dict[str, ReceivablesChange]:
    """Return the changes up to each hospital's business date, by hospital; a hospital without any is not there."""
    found: dict[str, ReceivablesChange] = {}
    for day in values(connection, "select distinct business_date from dim_hospitals"):
        changes = rows(connection, _CHANGES, {"currency": currency, "as_of": day}, ReceivablesChange)
        found |= {change.hospital_id: change for change in changes}
    return found
