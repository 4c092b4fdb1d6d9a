"""Cash receipts by day and method, and the receivables' roll-forward month by month, with what was decided since the build."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.decided import BALANCES_AFTER, DECIDED, EVENTS_SINCE
from portal.queries.sql import rows

_RECEIPTS = """
    select receipt_date as day, method, sum(received) as received, sum(refunded) as refunded, sum(net) as net,
           sum(payment_count)::bigint as count
    from rpt_cash_receipts
    where currency = :currency and receipt_date between :start and :end
    group by receipt_date, method
    order by receipt_date, method"""
# Hospitals' business dates may lie in different months: what one that is behind ended with stands until it goes on. What was
# decided since the build counts in its month, as the next build will say it: it lowers what is owed, never a credit.
_ROLL_FORWARD = f"""
    with {DECIDED}, {BALANCES_AFTER}, {EVENTS_SINCE},
    since as (
        select invoices.hospital_id, date_trunc('month', events.effective_date::timestamp)::date as month,
               -coalesce(sum(events.amount) filter (where events.event_type = 'written_off'), 0) as written_off,
               coalesce(sum(events.amount) filter (where events.event_type = 'recovered'), 0) as recovered
        from events_since as events
        inner join fct_invoices as invoices on events.invoice_key = invoices.invoice_key
        where invoices.currency = :currency
        group by 1, 2
    ),
    lines as (
        select hospital_id, month, as_of_date, is_partial, opening, billed, collected, refunded, adjusted, written_off,
               recovered, closing, receivables_closing, credits_closing
        from rpt_roll_forward
        where currency = :currency
    ),
    bounds as (
        select greatest((select max(month) from lines), (select max(month) from since)) as last_month
    ),
    months as (
        select month::date as month
        from bounds, generate_series(
            date_trunc('month', cast(:start as timestamp)),
            least(date_trunc('month', cast(:end as timestamp)), bounds.last_month::timestamp), interval '1 month'
        ) as month
    ),
    ends as (select distinct on (hospital_id) * from lines order by hospital_id, month desc),
    carried as (
        select * from lines
        union all
        select ends.hospital_id, months.month, ends.as_of_date, true, ends.closing, 0, 0, 0, 0, 0, 0, ends.closing,
               ends.receivables_closing, ends.credits_closing
        from ends
        inner join months on months.month > ends.month
    ),
    decided_months as (
        select months.month,
               coalesce(sum(since.recovered - since.written_off) filter (where since.month < months.month), 0) as before,
               coalesce(sum(since.written_off) filter (where since.month = months.month), 0) as written_off,
               coalesce(sum(since.recovered) filter (where since.month = months.month), 0) as recovered,
               coalesce(sum(since.recovered - since.written_off), 0) as movement
        from months
        left join since on since.month <= months.month
        group by months.month
    ),
    summed as (
        select months.month, max(as_of_date) as as_of_date, coalesce(bool_or(is_partial), false) as partial,
               coalesce(sum(opening), 0) as opening, coalesce(sum(billed), 0) as billed,
               coalesce(sum(collected), 0) as collected, coalesce(sum(refunded), 0) as refunded,
               coalesce(sum(adjusted), 0) as adjusted, coalesce(sum(written_off), 0) as written_off,
               coalesce(sum(recovered), 0) as recovered, coalesce(sum(closing), 0) as closing,
               coalesce(sum(receivables_closing), 0) as receivables, coalesce(sum(credits_closing), 0) as credits
        from months
        left join carried on months.month = carried.month
        group by months.month
    )
    select months.month, months.as_of_date, months.partial, months.opening + decided_months.before as opening,
           months.billed, months.collected, months.refunded, months.adjusted,
           months.written_off + decided_months.written_off as written_off,
           months.recovered + decided_months.recovered as recovered,
           months.closing + decided_months.movement as closing,
           months.receivables + decided_months.movement as receivables, months.credits
    from summed as months
    inner join decided_months on months.month = decided_months.month
    order by months.month"""


@dataclass(frozen=True)
class Receipt:
    """Money in and money back of one day and method."""

    day: date
    method: str
    received: Decimal
    refunded: Decimal
    net: Decimal
    count: int


@dataclass(frozen=True)
class ReceiptSum:
    """Money in and money back, and the number of payments."""

    received: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    net: Decimal = Decimal(0)
    count: int = 0

    def plus(self, receipt: Receipt) -> ReceiptSum:
        """Return the sum with ``receipt`` in it."""
        return ReceiptSum(
            self.received + receipt.received, self.refunded + receipt.refunded,
            self.net + receipt.net, self.count + receipt.count,
        )  # fmt: skip


@dataclass(frozen=True)
class CashReceipts:
    """Receipts of some days, by day and method; a day without any has no line."""

    days: DateRange
    currency: str
    lines: tuple[Receipt, ...]

    @property
    def total(self) -> ReceiptSum:
        """All of them."""
        total = ReceiptSum()
        for line in self.lines:
            total = total.plus(line)
        return total

    @property
    def by_method(self) -> dict[str, ReceiptSum]:
        """Sum of each method, by its name."""
        sums: dict[str, ReceiptSum] = {}
        for line in self.lines:
            sums[line.method] = sums.get(line.method, ReceiptSum()).plus(line)
        return dict(sorted(sums.items()))


@dataclass(frozen=True)
class Movement:
    """What became of the receivables, net of credits, in one month: closing = opening and everything between.

    ``as_of_date`` is its last day, or the business date while it runs; None before the first event.
    """

    month: date
    as_of_date: date | None
    partial: bool
    opening: Decimal
    billed: Decimal
    collected: Decimal
    refunded: Decimal
    adjusted: Decimal
    written_off: Decimal
    recovered: Decimal
    closing: Decimal
    receivables: Decimal
    credits: Decimal


def cash_receipts(connection: Connection, days: DateRange, currency: str) -> CashReceipts:
    """Return what came in and went back in the hospitals in reach."""
    parameters = {"currency": currency, "start": days.start, "end": days.end}
    return CashReceipts(days, currency, tuple(rows(connection, _RECEIPTS, parameters, Receipt)))


def roll_forward(connection: Connection, days: DateRange, currency: str) -> tuple[Movement, ...]:
    """Return the months that ``days`` touch, whole, up to the business date's; those before the first event are 0."""
    parameters = {"as_of": None, "currency": currency, "start": days.start, "end": days.end}
    return tuple(rows(connection, _ROLL_FORWARD, parameters, Movement))
