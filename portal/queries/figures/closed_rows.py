"""Rows of closed months: what came after a close, and what was issued, which is what is known today without it."""

from __future__ import annotations

from datetime import date

from portal.queries.figures.kinds import FigureFilter, Sql

MODELS = ("fct_closed_periods", "rpt_changes_after_close")
# A figure of the roll-forward moves with its own changes, its closing balance with all of them. What else differs (ages, due
# dates, receivables apart from credits) has no event: it is one line.
_CHANGES = """
    select c.hospital_id, c.effective_date as day, coalesce(c.event_type, c.kind) as what, c.invoice_id,
           i.patient_id, p.payment_id,
           case when c.is_reversal then 'corrects an earlier row' when c.kind = 'restated' then 'without an event of its own' end
               as detail,
           case when :closed_figure in ('collected', 'adjusted', 'written_off') then -c.amount else c.amount end as amount
    from rpt_changes_after_close as c
    left join fct_invoices as i on i.invoice_key = c.invoice_key
    left join fct_payments as p on p.payment_key = c.payment_key
    where c.close_id = :close_id and c.currency = :currency
      and (c.figure = :closed_figure or :closed_figure = 'closing') and c.amount <> 0"""
_UNEXPLAINED = f"""
    select f.hospital_id, f.month as day, 'moved' as what, null as invoice_id, null as patient_id, null as payment_id,
           'due dates and ages as they are known today' as detail, f.difference - coalesce(x.amount, 0) as amount
    from fct_closed_periods as f
    left join (select sum(amount) as amount from ({_CHANGES}) as changes) as x on true
    where f.close_id = :close_id and f.currency = :currency and f.figure = :closed_figure
      and f.difference <> coalesce(x.amount, 0)"""
_DIFFERENCE = f"{_CHANGES} union all {_UNEXPLAINED}"
_CURRENT = """
    select f.hospital_id, f.month as day, 'known today' as what, null as invoice_id, null as patient_id, null as payment_id,
           'the figure as it is known today' as detail, f.current_amount as amount
    from fct_closed_periods as f
    where f.close_id = :close_id and f.currency = :currency and f.figure = :closed_figure and f.current_amount <> 0"""


def difference() -> Sql:
    """Return what came after the close."""
    return lambda _, __: _DIFFERENCE


def issued() -> Sql:
    """Return what is known today and, taken away again, what came after the close."""

    def sql(asked: FigureFilter, business_date: date) -> str:  # noqa: ARG001
        return f"""{_CURRENT}
            union all
            select hospital_id, day, what, invoice_id, patient_id, payment_id,
                   concat_ws(', ', 'came after the close', detail), -amount
            from ({_DIFFERENCE}) as later"""

    return sql
