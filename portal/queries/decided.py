"""SQL of what was decided since the shown build began: write-offs and reversals that it does not contain yet.

A page shows the build plus these. They are told by the set of decisions that the build contains, never by their numbers,
which are given before they are committed. What the next build will make of them is reckoned here in the same way, so that
both agree to the cent: money received since an invoice's first write-off is a recovery, and no credit.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from portal.queries.sql import values

DECIDED = """
    decided as (
        select i.invoice_key, i.hospital_id, d.decision_id, d.currency, d.effective_date,
               case when d.kind = 'reversal' then -d.amount else d.amount end as amount
        from portal.write_off_decisions as d
        join fct_invoices as i
          on i.hospital_id = d.hospital_id and i.source_name = d.source_name and i.invoice_id = d.invoice_id
        where (cast(:as_of as date) is null or d.effective_date <= :as_of)
          and not exists (
              select from ops.build_decisions as c
              where c.build_id = cast(current_setting('daybook.build') as bigint) and c.decision_id = d.decision_id
          )
          -- The build has the billing system's posting of it already; the next one will count the decision instead.
          and not exists (
              select from fct_write_offs as w
              where w.invoice_key = i.invoice_key and w.origin = 'billing system' and w.booked_at > d.shown_at
                and w.amount = case when d.kind = 'reversal' then -d.amount else d.amount end
                and abs(w.effective_date - d.effective_date) <= 60
          )
    )"""
"""Decisions since, of the invoices in reach: ``amount`` lowers the balance. Needs ``:as_of`` (null: all of them)."""

BALANCES_AFTER = """
    decided_events as (
        select e.invoice_key, e.event_type, e.amount, e.effective_date
        from fct_receivable_events as e
        join dim_hospitals as h on h.hospital_id = e.hospital_id
        where e.invoice_key in (select invoice_key from decided) and e.event_type <> 'recovered'
          and e.effective_date <= coalesce(cast(:as_of as date), h.business_date)
        union all
        select invoice_key, 'written_off', -amount, effective_date from decided
    ),
    decided_firsts as (
        select invoice_key, min(effective_date) as first_date from decided_events
        where event_type = 'written_off' group by invoice_key
    ),
    decided_sums as (
        select e.invoice_key, sum(e.amount) as balance,
               sum(case when e.event_type = 'written_off' then -e.amount else 0 end) as written_off,
               sum(case when e.event_type in ('collected', 'refunded') then -e.amount else 0 end) as received,
               sum(case when e.event_type in ('collected', 'refunded') and e.effective_date >= f.first_date
                        then -e.amount else 0 end) as received_since
        from decided_events as e join decided_firsts as f on f.invoice_key = e.invoice_key
        group by e.invoice_key
    ),
    decided_balances as (
        select invoice_key,
               balance + greatest(0, least(-balance, written_off, received, received_since)) as balance
        from decided_sums
    )"""
"""Balances of the invoices in ``decided``, as the next build will have them."""


def shown_balance(connection: Connection, invoice_key: UUID, as_of: date | None = None) -> Decimal:
    """Return what is open of an invoice: the build's balance with what was decided since; below 0 is a credit.

    Args:
        connection: pinned to a build (``portal.builds.pin``).
        invoice_key: the invoice.
        as_of: a day of the past, or None for what pages show now.
    """
    stored = """
        select coalesce(sum(e.amount), 0) from fct_receivable_events as e
        join dim_hospitals as h on h.hospital_id = e.hospital_id
        where e.invoice_key = :invoice_key and e.effective_date <= coalesce(cast(:as_of as date), h.business_date)"""
    sql = f"""with {DECIDED}, {BALANCES_AFTER}
        select coalesce((select balance from decided_balances where invoice_key = :invoice_key), ({stored}))"""
    return Decimal(values(connection, sql, invoice_key=invoice_key, as_of=as_of)[0])
