"""SQL of the open items of a day: one row per invoice with a balance, or per payment that settles none.

Three ways to the same columns (``item``, what it is of, ``balance`` with credits negative): the stored stretches of balance;
the ledger as it was known on a day; and the ledger with each patient's money laid on that patient's oldest debt first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from portal.queries.decided import BALANCES_AFTER, DECIDED, EVENTS_SINCE, NOT_DECIDED, OPEN_SINCE
from portal.queries.instalments import split_sql

Allocation = Literal["linked", "oldest"]

# The day of each hospital: the one that is asked for, else its own business date.
_DAYS = """
    days as (
        select hospital_id, coalesce(cast(:as_of as date), business_date) as as_of from dim_hospitals
    )"""
_STORED = f"""
    items as (
        select b.item_key::text as item, b.hospital_id, b.invoice_key, b.payment_key, b.invoice_id, b.patient_id,
               b.instalment_no, b.invoice_date, b.due_date, b.aging_date, b.balance, d.as_of
        from fct_invoice_balances as b
        join days as d on d.hospital_id = b.hospital_id
        where b.currency = :currency and b.valid_from <= d.as_of and b.valid_to > d.as_of
          and {NOT_DECIDED.format(alias="b")}
        union all
        select invoice_key::text, hospital_id, invoice_key, null, invoice_id, patient_id, line_no, invoice_date,
               line_due_date, line_aging_date, open_amount, as_of
        from split where open_amount <> 0
        union all
        select invoice_key::text, hospital_id, invoice_key, null, invoice_id, patient_id, 1, invoice_date,
               due_date, aging_date, amount, as_of
        from decided_open where amount < 0
    )"""
_LEDGER = """
    ledger as (
        select {item} as item, e.hospital_id, {account} as account_key, e.invoice_key, e.payment_key, e.event_type,
               e.effective_date, case when e.effective_date <= d.as_of then e.amount else 0 end as amount,
               e.amount as full_amount, e.due_date as bill_due_date, e.booked_at, e.is_reversal,
               coalesce(i.invoice_id, e.invoice_id) as invoice_id, coalesce(i.patient_id, e.patient_id) as patient_id,
               i.invoice_date, i.is_due_date_missing, d.as_of
        from fct_receivable_events as e
        join days as d on d.hospital_id = e.hospital_id
        {only}
        left join fct_invoices as i on i.invoice_key = e.invoice_key
        where e.currency = :currency and (e.effective_date <= d.as_of or e.due_date is not null) {known}
        {since}
    )"""
# Whose events say since when there is a credit: found by index, one by one.
_CREDITED = """
    credited as (select distinct hospital_id, item::uuid as item_key from items where balance < 0)"""
_OF_CREDITS = "join credited as k on k.hospital_id = e.hospital_id and k.item_key = e.item_key"
# What was decided since: more events of its invoices.
_SINCE = """
        union all
        select {item}, i.hospital_id, i.invoice_key, i.invoice_key, null, n.event_type, n.effective_date, n.amount, n.amount,
               null, null, false, i.invoice_id, i.patient_id, i.invoice_date, i.is_due_date_missing, d.as_of
        from events_since as n
        join fct_invoices as i on i.invoice_key = n.invoice_key
        join days as d on d.hospital_id = i.hospital_id
        where i.currency = :currency and n.amount <> 0 {known}"""
# A balance and what it is of. It ages from the due date that the last bill known then stated (of a bill that is dated
# later too); money from its first day.
_SUMMED = """
    summed as (
        select item, hospital_id, account_key, max(invoice_key::text)::uuid as invoice_key,
               max(payment_key::text)::uuid as payment_key, max(invoice_id) as invoice_id, max(patient_id) as patient_id,
               max(invoice_date) as invoice_date, bool_or(is_due_date_missing) as is_due_date_missing,
               coalesce((array_agg(bill_due_date order by booked_at desc, bill_due_date desc)
                         filter (where bill_due_date is not null and not is_reversal))[1],
                        min(effective_date)) as aging_date,
               coalesce(sum(full_amount) filter (where bill_due_date is not null), 0) as billed,
               sum(amount) as balance,
               sum(case when event_type in ('collected', 'refunded', 'recovered') then 0 else amount end) as debt,
               max(as_of) as as_of
        from ledger group by item, hospital_id, account_key
    )"""
# What is to be split by instalment: of each balance, or of each debt before any money was laid on it.
_WHOLE = """
    whole as (
        select summed.*, {measure} as amount, case when not is_due_date_missing then aging_date end as due_date
        from summed where {measure} > 0
    )"""
_LINKED_ITEMS = """
    items as (
        select item, hospital_id, invoice_key, payment_key, invoice_id, patient_id, line_no as instalment_no, invoice_date,
               line_due_date as due_date, line_aging_date as aging_date, open_amount as balance, as_of
        from split where open_amount <> 0
        union all
        select item, hospital_id, invoice_key, payment_key, invoice_id, patient_id, 1, invoice_date,
               case when not is_due_date_missing then aging_date end, aging_date, balance, as_of
        from summed where balance < 0
    )"""
# What was paid is pooled per patient, filled into the debts by age; what is left over is one credit of the patient.
_OLDEST_ITEMS = """
    owed as (
        select item, hospital_id, account_key, invoice_key, invoice_id, patient_id, line_no as instalment_no,
               invoice_date, line_due_date as due_date, line_aging_date as aging_date, open_amount as debt, as_of
        from split where open_amount > 0
    ),
    pools as (
        select item, max(hospital_id) as hospital_id, max(patient_id) as patient_id, max(as_of) as as_of,
               min(aging_date) as first_date, max(payment_key::text)::uuid as payment_key,
               sum(greatest(debt, 0) - balance) as pool, sum(greatest(debt, 0)) as all_debt
        from summed group by item
    ),
    filled_by_age as (
        select owed.*, pools.pool, sum(debt) over by_age as debt_so_far, row_number() over by_age as position
        from owed join pools on pools.item = owed.item
        window by_age as (
            partition by owed.item
            order by (invoice_key is null), aging_date, invoice_date, invoice_id, instalment_no, account_key
        )
    ),
    items as (
        select item, hospital_id, invoice_key, null::uuid as payment_key, invoice_id, patient_id, instalment_no,
               invoice_date, due_date, aging_date,
               least(debt, greatest(debt_so_far - pool, 0)) + case when position = 1 then greatest(-pool, 0) else 0 end
                   as balance,
               as_of
        from filled_by_age
        where least(debt, greatest(debt_so_far - pool, 0)) + case when position = 1 then greatest(-pool, 0) else 0 end > 0
        union all
        -- More than all debts, or owed without any (money given back beyond what came in).
        select item, hospital_id, null, payment_key, null, patient_id, 1, null, null, first_date, all_debt - pool, as_of
        from pools where pool > all_debt or (all_debt = 0 and pool < 0)
    )"""
# What money belonged to on the day: its invoice may have come later, or be gone since.
_AS_KNOWN = """(case when e.relinked_on > :known_at and (e.former_from is null or e.former_from <= :known_at)
                       then e.former_item_key else e.item_key end)"""
_BY_PATIENT = "e.hospital_id || '|' || coalesce(i.patient_id, e.patient_id, e.item_key::text)"

_BY_PATIENT_SINCE = "i.hospital_id || '|' || coalesce(i.patient_id, i.invoice_key::text)"


@dataclass(frozen=True)
class AgingFilter:
    """Whose open items: as of a day, as known on a day (None: as known now), by link or by age.

    With ``own_dates`` each hospital is taken at its own business date, and ``as_of`` is the newest of them.
    """

    currency: str
    as_of: date
    known_at: date | None = None
    allocation: Allocation = "linked"
    own_dates: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether the marts hold the answer; otherwise it is drawn from the ledger."""
        return self.known_at is None and self.allocation == "linked"

    @property
    def parameters(self) -> dict[str, Any]:
        """Bind parameters of the SQL below."""
        known = {} if self.known_at is None else {"known_at": self.known_at}
        return {"currency": self.currency, "as_of": None if self.own_dates else self.as_of, **known}


def items_sql(asked: AgingFilter) -> str:
    """Return the common table expressions that end in ``items``."""
    if asked.is_stored:
        return f"{_DAYS}, {OPEN_SINCE}, {_STORED}"
    known = "date '9999-12-30'" if asked.known_at is None else "cast(:known_at as date)"
    measure, items = ("debt", _OLDEST_ITEMS) if asked.allocation == "oldest" else ("balance", _LINKED_ITEMS)
    whole = _WHOLE.format(measure=measure)
    since = f"{DECIDED}, {BALANCES_AFTER}, {EVENTS_SINCE}"
    split = split_sql("whole", known)
    return f"{_DAYS}, {since}, {_ledger(asked)}, {_SUMMED}, {whole}, {split}, {items}"


def credits_sql(asked: AgingFilter) -> str:
    """Return the expressions that end in ``credits``: ``amount`` and the day ``since`` which each item is a credit.

    A credit is as old as the day on which its balance last fell below zero.
    """
    ledger = f"{_CREDITED}, {_ledger(asked, of_credits=True)}," if asked.is_stored else ""
    only = "" if asked.is_stored else "where item in (select item from items where balance < 0)"
    return f"""{items_sql(asked)}, {ledger}
    running as (
        select item, effective_date, sum(sum(amount)) over (partition by item order by effective_date) as balance
        from ledger {only}
        group by item, effective_date
    ),
    last_settled as (
        select item, effective_date, max(effective_date) filter (where balance >= 0) over (partition by item) as last_day
        from running
    ),
    turned as materialized (
        select item, min(effective_date) as since from last_settled
        where last_day is null or effective_date > last_day
        group by item
    ),
    credits as (
        select i.hospital_id, i.item, -i.balance as amount, coalesce(t.since, i.as_of) as since, i.as_of,
               i.invoice_id, i.patient_id, i.payment_key
        from items as i left join turned as t on t.item = i.item
        where i.balance < 0
    )"""


def _ledger(asked: AgingFilter, of_credits: bool = False) -> str:
    known = "" if asked.known_at is None else "and e.booked_date <= :known_at"
    account = "e.item_key" if asked.known_at is None else _AS_KNOWN
    item = _BY_PATIENT if asked.allocation == "oldest" else f"{account}::text"
    only = _OF_CREDITS if of_credits else ""
    decided_item = _BY_PATIENT_SINCE if asked.allocation == "oldest" else "i.invoice_key::text"
    decided_known = "" if asked.known_at is None else "and n.effective_date <= :known_at"
    since = "" if of_credits else _SINCE.format(item=decided_item, known=decided_known)
    return _LEDGER.format(item=item, account=account, known=known, only=only, since=since)
