"""Accounts receivable by age as of any day: buckets, credits on their own axis, and the invoices behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.queries.decided import OPEN_SINCE
from portal.queries.open_items import AgingFilter, credits_sql, items_sql
from portal.queries.sql import one, rows, stream, values

CREDIT_BUCKETS = (("0-30", 0, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("91+", 91, None))
_CREDIT_STEPS = " ".join(
    f"when as_of - since <= {last} then '{name}'" for name, _, last in CREDIT_BUCKETS if last is not None
)
CREDIT_AGE = f"case {_CREDIT_STEPS} else '{CREDIT_BUCKETS[-1][0]}' end"
"""Age of a row of ``credits`` (``portal.queries.open_items.credits_sql``)."""
# The newest step of each series on or before the day: one index lookup per series, however long its history.
_STORED_BUCKETS = """
    select k.bucket, sum(v.amount) as amount, sum(v.invoice_count)::bigint as invoice_count
    from dim_hospitals as h
    cross join unnest(array['insurance', 'government', 'patient']) as p (payer_class)
    cross join dim_aging_buckets as k
    cross join lateral (
        select a.amount, a.invoice_count from fct_receivables_aging as a
        where a.hospital_id = h.hospital_id and a.currency = :currency and a.payer_class = p.payer_class
          and a.bucket = k.bucket and a.as_of_date <= coalesce(cast(:as_of as date), h.business_date)
        order by a.as_of_date desc limit 1
    ) as v
    group by k.bucket"""
# The same with what was decided since: of those invoices, what is open now in place of what the build holds.
_BUCKETS_SINCE = f"""
    with days as (
        select hospital_id, coalesce(cast(:as_of as date), business_date) as as_of from dim_hospitals
    ), {OPEN_SINCE},
    moved as (
        select invoice_key, line_aging_date as aging_date, open_amount as amount, as_of, 1 as sign
        from split where open_amount > 0
        union all
        select b.invoice_key, b.aging_date, -b.balance, d.as_of, -1
        from fct_invoice_balances as b
        join days as d on d.hospital_id = b.hospital_id
        where b.currency = :currency and b.balance > 0 and b.valid_from <= d.as_of and b.valid_to > d.as_of
          and b.invoice_key in (select invoice_key from decided)
    ),
    parts as (
        {_STORED_BUCKETS}
        union all
        select k.bucket, sum(m.amount),
               count(distinct m.invoice_key) filter (where m.sign = 1)
               - count(distinct m.invoice_key) filter (where m.sign = -1)
        from moved as m
        join dim_aging_buckets as k
          on m.as_of - m.aging_date >= coalesce(k.from_days, -1000000)
         and m.as_of - m.aging_date <= coalesce(k.to_days, 1000000)
        group by k.bucket
    )
    select bucket, sum(amount) as amount, sum(invoice_count)::bigint as invoice_count from parts group by bucket"""
AGED = """
    aged as (
        select i.item, i.invoice_key, i.instalment_no, i.hospital_id,
               coalesce(i.patient_id, 'unknown') as patient_id, i.invoice_date, i.due_date,
               i.aging_date, i.balance, k.bucket,
               -- Money given back beyond what came in is owed too: it stands under its payment.
               coalesce(i.invoice_id, (select p.payment_id from fct_payments as p where p.payment_key = i.payment_key),
                        'none') as invoice_id,
               greatest(i.as_of - i.aging_date, 0) as days_overdue
        from items as i
        join dim_aging_buckets as k
          on i.as_of - i.aging_date >= coalesce(k.from_days, -1000000)
         and i.as_of - i.aging_date <= coalesce(k.to_days, 1000000)
        where i.balance > 0
    )"""
"""The open ``items`` with their age, as SQL that follows ``items_sql``."""


@dataclass(frozen=True)
class Bucket:
    """Money of one age, and how many invoices (or credits) it is of."""

    bucket: str
    amount: Decimal
    invoice_count: int


@dataclass(frozen=True)
class AgingRow:
    """One open invoice, with its age on the day."""

    hospital_id: str
    invoice_id: str
    instalment_no: int
    patient_id: str
    invoice_date: date | None
    due_date: date | None
    days_overdue: int
    amount_due: Decimal
    bucket: str


@dataclass(frozen=True)
class AgingReport:
    """Receivables of a day. ``buckets`` add up to ``outstanding``; credits are never netted into them."""

    asked: AgingFilter
    buckets: tuple[Bucket, ...]
    credit_buckets: tuple[Bucket, ...]
    invoice_count: int
    detail_count: int

    @property
    def outstanding(self) -> Decimal:
        """What is owed, without credits."""
        return sum((bucket.amount for bucket in self.buckets), Decimal(0))

    @property
    def current(self) -> Decimal:
        """Not due, or due for at most 30 days."""
        return sum((bucket.amount for bucket in self.buckets if bucket.bucket in ("not_due", "1-30")), Decimal(0))

    @property
    def credits(self) -> Decimal:
        """Money received beyond what it settles (positive)."""
        return sum((bucket.amount for bucket in self.credit_buckets), Decimal(0))


@dataclass(frozen=True)
class _Counts:
    invoices: int
    rows: int


def aging(connection: Connection, asked: AgingFilter) -> AgingReport:
    """Return buckets and credits of the hospitals in reach as of a day."""
    counts = one(
        connection,
        f"with {items_sql(asked)} select count(distinct (item, invoice_key))::bigint as invoices, count(*)::bigint as rows"
        " from items where balance > 0",
        asked.parameters,
        _Counts,
    )
    return AgingReport(
        asked, aging_buckets(connection, asked), _credit_buckets(connection, asked), counts.invoices, counts.rows
    )


def aging_buckets(connection: Connection, asked: AgingFilter) -> tuple[Bucket, ...]:
    """Return every bucket in order, empty ones with 0."""
    if asked.is_stored:
        sql = _BUCKETS_SINCE
    else:
        sql = f"""
            with {items_sql(asked)}, {AGED}
            select bucket, sum(balance) as amount, count(distinct (item, invoice_key))::bigint as invoice_count
            from aged group by bucket"""
    names = values(connection, "select bucket from dim_aging_buckets order by sort_order")
    return _complete(rows(connection, sql, asked.parameters, Bucket), names)


def aging_page(connection: Connection, asked: AgingFilter, page: int, limit: int) -> list[AgingRow]:
    """Return one page (from 1) of the open invoices, oldest debt first."""
    parameters = asked.parameters | {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, f"{_details(asked)} limit :limit offset :offset", parameters, AgingRow)


def aging_stream(connection: Connection, asked: AgingFilter) -> Iterator[AgingRow]:
    """Yield every open invoice, oldest debt first, at constant memory."""
    return stream(connection, _details(asked), asked.parameters, AgingRow)


def _details(asked: AgingFilter) -> str:
    return f"""
        with {items_sql(asked)}, {AGED}
        select hospital_id, invoice_id, instalment_no, patient_id, invoice_date, due_date, days_overdue,
               balance as amount_due, bucket
        from aged order by aging_date, hospital_id, invoice_id, instalment_no"""


def _credit_buckets(connection: Connection, asked: AgingFilter) -> tuple[Bucket, ...]:
    sql = f"""
        with {credits_sql(asked)}
        select {CREDIT_AGE} as bucket, sum(amount) as amount,
               count(*)::bigint as invoice_count
        from credits group by 1"""
    return _complete(rows(connection, sql, asked.parameters, Bucket), [name for name, _, _ in CREDIT_BUCKETS])


def _complete(found: Sequence[Bucket], names: Sequence[str]) -> tuple[Bucket, ...]:
    by_name = {bucket.bucket: bucket for bucket in found}
    return tuple(by_name.get(name, Bucket(name, Decimal(0), 0)) for name in names)
