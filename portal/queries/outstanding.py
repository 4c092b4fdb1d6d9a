"""Open invoices as of a day, with their follow-up.

From ``outstanding_payments`` on the business date, from the balances of the past before it, and from the ledger as it was known
on a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from portal.queries.decided import NOT_DECIDED, OPEN_SINCE
from portal.queries.follow_ups import FOLLOWED, PromiseState, followed_of
from portal.queries.open_items import AgingFilter, items_sql
from portal.queries.sql import one, rows, stream, values

Status = Literal["not_due", "overdue", "collection", "written_off"]
PayerClass = Literal["insurance", "government", "patient"]

_COLUMNS = """hospital_id, invoice_id, instalment_no, patient_id, invoice_date, due_date, amount_due, days_overdue,
    last_payment_date, payment_status, payer_class, is_disputed, is_unbilled, bucket"""
_TODAY = f"""
    select invoice_key, {_COLUMNS} from outstanding_payments as o
    where o.currency = :currency and {NOT_DECIDED.format(alias="o")}"""
# A day of the past: which stretch of an invoice's balance covers it.
_PAST = f"""
    select b.hospital_id,
           coalesce(b.invoice_id, (select y.payment_id from fct_payments as y where y.payment_key = b.payment_key), 'none')
               as invoice_id,
           b.instalment_no, coalesce(b.patient_id, 'unknown') as patient_id, b.invoice_date, b.due_date, b.aging_date,
           b.balance as amount_due, b.payer_class, b.invoice_key, cast(:as_of as date) as as_of
    from fct_invoice_balances as b
    where b.currency = :currency and b.balance > 0 and b.valid_from <= :as_of and b.valid_to > :as_of
      and {NOT_DECIDED.format(alias="b")}"""
# What is open of invoices with decisions since; who owes it is who owed it before.
_SINCE = """
    select s.hospital_id, s.invoice_id, s.line_no as instalment_no, coalesce(s.patient_id, 'unknown') as patient_id,
           s.invoice_date, s.line_due_date as due_date, s.line_aging_date as aging_date, s.open_amount as amount_due,
           coalesce((
               select b.payer_class from fct_invoice_balances as b
               where b.invoice_key = s.invoice_key and b.valid_from <= s.as_of and b.valid_to > s.as_of
               order by b.instalment_no limit 1
           ), i.payer_class) as payer_class,
           s.invoice_key, s.as_of
    from split as s
    join fct_invoices as i on i.invoice_key = s.invoice_key
    where s.open_amount > 0"""
# The same as it was known on a day; who owes it, and what the source says of it, is what is known now.
_KNOWN = """
    select i.hospital_id,
           coalesce(i.invoice_id, (select y.payment_id from fct_payments as y where y.payment_key = i.payment_key), 'none')
               as invoice_id,
           i.instalment_no, coalesce(i.patient_id, 'unknown') as patient_id, i.invoice_date, i.due_date, i.aging_date,
           i.balance as amount_due,
           coalesce((
               select b.payer_class from fct_invoice_balances as b
               where b.invoice_key = i.invoice_key and b.valid_from <= i.as_of and b.valid_to > i.as_of
               order by b.instalment_no limit 1
           ), f.payer_class, 'patient') as payer_class,
           i.invoice_key, i.as_of
    from items as i
    left join fct_invoices as f on f.invoice_key = i.invoice_key
    where i.balance > 0"""
# How old each debt was on its day, and what else stands beside it.
_DESCRIBED = """
    select b.invoice_key, b.hospital_id, b.invoice_id, b.instalment_no, b.patient_id, b.invoice_date, b.due_date, b.amount_due,
           greatest(b.as_of - b.aging_date, 0) as days_overdue,
           (select max(p.effective_date) from (
                select e.effective_date from fct_receivable_events as e
                where e.invoice_key = b.invoice_key and e.event_type = 'collected' and e.effective_date <= b.as_of {known}
                group by e.payment_key, e.effective_date having sum(e.amount) <> 0
            ) as p) as last_payment_date,
           case when b.as_of <= b.aging_date then 'not_due'
                when b.as_of - b.aging_date > 90 or i.status = 'in_collection' then 'collection'
                else 'overdue' end as payment_status,
           b.payer_class, coalesce(i.is_disputed, false) as is_disputed,
           coalesce(i.is_unbilled or i.sent_date > b.as_of, false) as is_unbilled, k.bucket
    from ({debts}) as b
    left join fct_invoices as i on i.invoice_key = b.invoice_key
    join dim_aging_buckets as k
      on b.as_of - b.aging_date >= coalesce(k.from_days, -1000000)
     and b.as_of - b.aging_date <= coalesce(k.to_days, 1000000)"""
OPEN_TODAY = (
    f"{_TODAY} union all select invoice_key, {_COLUMNS} from ({_DESCRIBED.format(debts=_SINCE, known='')}) as since"
)
"""What is open on each hospital's business date, by instalment, with what was decided since. Needs ``OPEN_SINCE``."""

_CONDITIONS = {
    "min_amount": "amount_due >= :min_amount",
    "max_amount": "amount_due <= :max_amount",
    "min_days": "days_overdue >= :min_days",
    "max_days": "days_overdue <= :max_days",
    "status": "payment_status = :status",
    "payer_class": "payer_class = :payer_class",
    "patient_id": "patient_id = :patient_id",
    "bucket": "bucket = :bucket",
    "contact": "invoice_key in (select invoice_key from next_contacts where is_contact_due or :contact = 'planned')",
    "promise": "invoice_key in (select invoice_key from last_promises where promise_state = :promise)",
}
_FOLLOW_UP = ("contact", "promise")
SORTS: dict[str, str] = {
    "daysOverdue": "days_overdue",
    "amountDue": "amount_due",
    "invoiceDate": "invoice_date",
    "dueDate": "due_date",
    "lastPaymentDate": "last_payment_date",
    "invoiceId": "invoice_id",
    "patientId": "patient_id",
    "paymentStatus": "payment_status",
    "payerClass": "payer_class",
    "worstDaysOverdue": "worst_days_overdue",
    "nextContact": "contact_on",
}
"""What lists may be sorted by; a leading ``-`` means descending."""


@dataclass(frozen=True)
class OutstandingFilter:
    """Which open invoices. ``as_of`` None is each hospital's business date; ``known_at`` None as known now."""

    currency: str
    as_of: date | None = None
    sort: str = "-daysOverdue"
    conditions: dict[str, Any] = field(default_factory=dict)
    known_at: date | None = None


@dataclass(frozen=True)
class OutstandingRow:
    """One open invoice (or instalment of one); ``worst_days_overdue`` is that of all the patient's, whatever the filters."""

    hospital_id: str
    invoice_id: str
    instalment_no: int
    patient_id: str
    invoice_date: date | None
    due_date: date | None
    amount_due: Decimal
    days_overdue: int
    last_payment_date: date | None
    payment_status: str
    payer_class: str
    is_disputed: bool
    is_unbilled: bool
    bucket: str
    worst_days_overdue: int | None
    contact_on: date | None
    contact_with: str | None
    is_contact_due: bool | None
    promised_amount: Decimal | None
    promised_for: date | None
    promise_state: PromiseState | None


@dataclass(frozen=True)
class OutstandingSum:
    """What the rows of a filter add up to."""

    total: int
    amount: Decimal
    disputed: Decimal
    unbilled: Decimal


@dataclass(frozen=True)
class OutstandingAge:
    """What the rows of a filter that are so old add up to."""

    bucket: str
    amount: Decimal
    row_count: int


def outstanding_sum(connection: Connection, asked: OutstandingFilter) -> OutstandingSum:
    """Return number and sum of the rows that ``asked`` selects, over all pages."""
    sql = f"""
        with {_filtered(asked)}
        select count(*)::bigint as total, coalesce(sum(amount_due), 0) as amount,
               coalesce(sum(amount_due) filter (where is_disputed), 0) as disputed,
               coalesce(sum(amount_due) filter (where is_unbilled), 0) as unbilled
        from ({_items(asked)}) as found {_where(asked)}"""
    return one(connection, sql, _parameters(asked), OutstandingSum)


def outstanding_ages(connection: Connection, asked: OutstandingFilter) -> list[OutstandingAge]:
    """Return every age, youngest first, with what the rows that ``asked`` selects add up to; 0 where there are none."""
    sql = f"""
        with {_filtered(asked)}, chosen as (select bucket, amount_due from ({_items(asked)}) as found {_where(asked)})
        select buckets.bucket, coalesce(sum(chosen.amount_due), 0) as amount, count(chosen.bucket)::bigint as row_count
        from dim_aging_buckets as buckets
        left join chosen on buckets.bucket = chosen.bucket
        group by buckets.bucket, buckets.sort_order
        order by buckets.sort_order"""
    return rows(connection, sql, _parameters(asked), OutstandingAge)


def contacts_due(connection: Connection, currency: str) -> int:
    """Return how many open invoices somebody was to be contacted about by each hospital's business date."""
    asked = OutstandingFilter(currency, conditions={"contact": "due"})
    sql = f"with {_filtered(asked)} select count(distinct invoice_key) from ({_items(asked)}) as found {_where(asked)}"
    return int(values(connection, sql, **_parameters(asked))[0])


def outstanding_page(connection: Connection, asked: OutstandingFilter, page: int, limit: int) -> list[OutstandingRow]:
    """Return one page (from 1) of the rows that ``asked`` selects."""
    parameters = _parameters(asked) | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, _select(asked, "limit :limit offset :offset"), parameters, OutstandingRow)


def outstanding_stream(connection: Connection, asked: OutstandingFilter) -> Iterator[OutstandingRow]:
    """Yield every row that ``asked`` selects at constant memory."""
    return stream(connection, _select(asked), _parameters(asked), OutstandingRow)


def _items(asked: OutstandingFilter) -> str:
    if asked.known_at is not None:
        return _DESCRIBED.format(debts=_KNOWN, known="and e.booked_date <= :known_at")
    if asked.as_of is not None:
        return _DESCRIBED.format(debts=f"{_PAST} union all {_SINCE}", known="")
    return OPEN_TODAY


def _base(asked: OutstandingFilter) -> str:
    if asked.known_at is None:
        return OPEN_SINCE
    return items_sql(
        AgingFilter(asked.currency, asked.as_of or date.max, asked.known_at, own_dates=asked.as_of is None)
    )


def _filtered(asked: OutstandingFilter) -> str:
    follows = any(name in asked.conditions for name in _FOLLOW_UP)
    return f"{_base(asked)}, {FOLLOWED}" if follows else _base(asked)


def _select(asked: OutstandingFilter, bounds: str = "") -> str:
    """Return the SQL of the rows; what stands beside them is looked up for those of a page alone, where it can be."""
    column = SORTS[asked.sort.removeprefix("-")]
    direction = "desc nulls last" if asked.sort.startswith("-") else "asc nulls first"
    order = f"order by {column} {direction}, hospital_id, invoice_id, instalment_no"
    chosen = column in ("worst_days_overdue", "contact_on") or any(name in asked.conditions for name in _FOLLOW_UP)
    everything = chosen or not bounds
    of_shown = "" if everything else "where (hospital_id, patient_id) in (select hospital_id, patient_id from shown)"
    worst = f"""worst as (
        select hospital_id, patient_id, max(days_overdue) as worst_days_overdue from ({_items(asked)}) as every
        {of_shown} group by hospital_id, patient_id
    )"""
    beside = f"{worst}, {FOLLOWED if everything else followed_of('shown')}"
    joined = """left join worst using (hospital_id, patient_id) left join next_contacts using (invoice_key)
        left join last_promises using (invoice_key)"""
    shown = f"""shown as (
        select invoice_key, {_COLUMNS} from ({_items(asked)}) as found {joined if chosen else ""}
        {_where(asked)} {f"{order} {bounds}" if bounds else ""}
    )"""
    parts = [beside, shown] if everything else [shown, beside]
    return f"""with {_base(asked)}, {", ".join(parts)}
        select {_COLUMNS}, case when patient_id <> 'unknown' then worst_days_overdue end as worst_days_overdue,
               contact_on, contact_with, is_contact_due, promised_amount, promised_for, promise_state
        from shown {joined} {order}"""


def _where(asked: OutstandingFilter) -> str:
    parts = [_CONDITIONS[name] for name in asked.conditions]
    return f"where {' and '.join(parts)}" if parts else ""


def _parameters(asked: OutstandingFilter) -> dict[str, Any]:
    known = {} if asked.known_at is None else {"known_at": asked.known_at}
    return {"currency": asked.currency, "as_of": asked.as_of, **known, **asked.conditions}
