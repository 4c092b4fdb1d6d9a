"""SQL that splits what is open of an invoice with a payment schedule into its instalments.

The stored stretches of balance are split already (``fct_invoice_balances``); this is for what is drawn from the ledger,
with the schedule as it was known on the day that is asked for.
"""

from __future__ import annotations


def split_sql(whole: str, known: str) -> str:
    """Return the expressions ``lines`` and ``split``: the rows of ``whole`` by instalment.

    Args:
        whole: name of an expression with ``account_key``, ``amount`` (above 0), ``billed``, ``due_date``, ``aging_date``.
        known: SQL of the day on which the schedule was known.

    Money fills the earliest instalment first, so what is open is filled from the last one back. What the schedule leaves
    of the total, and what is open beyond it, is due with the invoice itself and numbered last.
    """
    return f"""
    scheduled as (
        select s.invoice_key, s.due_date, s.amount, w.aging_date as own_date, w.billed,
               row_number() over (partition by s.invoice_key order by s.due_date)::int as instalment_no,
               sum(s.amount) over (partition by s.invoice_key) as total,
               count(*) over (partition by s.invoice_key) as instalments
        from fct_payment_schedules as s
        join (select distinct account_key, aging_date, billed from {whole}) as w on w.account_key = s.invoice_key
        where s.known_from_date <= {known} and s.known_to_date > {known}
    ),
    lines as (
        select invoice_key, instalment_no, due_date, amount, false as is_rest, total, billed from scheduled
        union all
        select invoice_key, instalment_no + 1, own_date, greatest(billed - total, 0), true, total, billed
        from scheduled where instalment_no = instalments
    ),
    filled as (
        select lines.*, greatest(total, billed) as all_lines,
               coalesce(sum(amount) over (
                   partition by invoice_key order by due_date desc, instalment_no desc
                   rows between unbounded preceding and 1 preceding
               ), 0) as later
        from lines
    ),
    split as (
        select w.*, coalesce(f.instalment_no, 1) as line_no, coalesce(f.due_date, w.due_date) as line_due_date,
               coalesce(f.due_date, w.aging_date) as line_aging_date,
               case when f.invoice_key is null then w.amount
                    else greatest(0, least(f.amount, w.amount - f.later))
                         + case when f.is_rest then greatest(0, w.amount - f.all_lines) else 0 end
               end as open_amount
        from {whole} as w left join filled as f on f.invoice_key = w.account_key
    )"""
