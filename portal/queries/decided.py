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

from portal.queries.instalments import split_sql
from portal.queries.sql import values

DECIDED = """
    decided as (
        select d.write_off_id, i.invoice_key, d.effective_date, signed.amount
        from portal.write_off_decisions as d
        join fct_invoices as i
          on i.hospital_id = d.hospital_id and i.source_name = d.source_name and i.invoice_id = d.invoice_id
        cross join lateral (select case when d.kind = 'reversal' then -d.amount else d.amount end as amount) as signed
        where (cast(:as_of as date) is null or d.effective_date <= :as_of)
          and not exists (
              select from ops.build_decisions as c
              where c.build_id = cast(current_setting('daybook.build') as bigint) and c.decision_id = d.decision_id
          )
          -- The build has the billing system's posting of it already; the next one will count the decision instead.
          and not exists (
              select from fct_write_offs as w
              where w.invoice_key = i.invoice_key and w.origin = 'billing system' and w.booked_at > d.shown_at
                and w.amount = signed.amount
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
        select invoice_key, recovered, balance + recovered as balance
        from (
            select invoice_key, balance,
                   greatest(0, least(-balance, written_off, received, received_since)) as recovered
            from decided_sums
        ) as reckoned
    )"""
"""Balances of the invoices in ``decided``, as the next build will have them."""


EVENTS_SINCE = """
    events_since as (
        select invoice_key, 'written_off' as event_type, 'write_off' as adjustment_kind, effective_date, -amount as amount
        from decided
        union all
        select b.invoice_key, 'recovered', null,
               (select max(x.effective_date) from decided as x where x.invoice_key = b.invoice_key),
               b.recovered - coalesce((
                   select sum(e.amount) from fct_receivable_events as e
                   join dim_hospitals as h on h.hospital_id = e.hospital_id
                   where e.invoice_key = b.invoice_key and e.event_type = 'recovered'
                     and e.effective_date <= coalesce(cast(:as_of as date), h.business_date)
               ), 0)
        from decided_balances as b
    )"""
"""The same as events: what was written off, and what that makes of recoveries."""

OPEN_SINCE = f"""{DECIDED}, {BALANCES_AFTER},
    decided_open as (
        select i.invoice_key as account_key, b.balance as amount, i.invoice_key, i.hospital_id, i.invoice_id,
               i.patient_id, i.invoice_date, i.aging_date, i.is_due_date_missing, i.billed,
               case when not i.is_due_date_missing then i.aging_date end as due_date,
               coalesce(cast(:as_of as date), h.business_date) as as_of
        from decided_balances as b
        join fct_invoices as i on i.invoice_key = b.invoice_key
        join dim_hospitals as h on h.hospital_id = i.hospital_id
        where i.currency = :currency
    ),
    decided_debts as (select * from decided_open where amount > 0),
    {split_sql("decided_debts", "date '9999-12-30'")}"""
"""The open invoices with decisions since: ``decided_open``, and by instalment in ``split``. Needs ``:currency``."""

NOT_DECIDED = "not exists (select from decided as x where x.invoice_key = {alias}.invoice_key)"
"""Leaves those invoices out of what the build holds."""


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
