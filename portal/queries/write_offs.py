"""Requests for write-offs, what became of them, and the sums of what was written off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from portal.analytics.periods import DateRange
from portal.queries.decided import BALANCES_AFTER, DECIDED
from portal.queries.sql import rows, stream, values

Status = Literal["PENDING", "APPROVED", "REJECTED", "CANCELLED", "REVERSED"]
STATUSES: tuple[Status, ...] = get_args(Status)

# Who is one of the portal's users is said by their address; a request is of the day on which it was made at its hospital.
_REQUESTS = """
    from portal.write_offs as w
    join dim_hospitals as h on h.hospital_id = w.hospital_id
    where (cast(:id as bigint) is null or w.id = :id)
      and (cast(:reverses_id as bigint) is null or w.reverses_id = :reverses_id)
      and (cast(:batch_id as bigint) is null or w.batch_id = :batch_id)
      and (cast(:status as text) is null or w.status = :status)
      and (cast(:category as text) is null or w.category = :category)
      and (cast(:currency as text) is null or w.currency = :currency)
      and (cast(:invoice_id as text) is null or w.invoice_id = :invoice_id)
      and (cast(:start as date) is null or cast(w.created_at at time zone h.timezone as date) >= :start)
      and (cast(:end as date) is null or cast(w.created_at at time zone h.timezone as date) <= :end)"""
_ROWS = f"""
    with {DECIDED}, {BALANCES_AFTER}
    select w.id, w.kind, w.batch_id, w.reverses_id, t.id as reversal_id, t.status as reversal_status, w.hospital_id,
           w.source_name, w.invoice_id, w.patient_id, i.total as invoice_total, coalesce(b.balance, i.balance) as invoice_balance,
           w.currency, w.amount, w.category, w.reason, w.notes, w.status, w.requested_by as requested_by_id,
           r.email as requested_by, w.created_at, d.email as decided_by, w.decided_at, w.decision_notes, w.updated_at,
           -- Who asked made the approver, or gave them their roles, not long before.
           w.status in ('APPROVED', 'REVERSED') and exists (
               select from portal.role_grants as l
               where l.granted_by = w.requested_by::text and l.granted_to = w.decided_by::text
                 and l.granted_at between w.decided_at - interval '30 days' and w.decided_at
           ) as approver_made_by_requester
    from (select w.* {_REQUESTS} {{part}}) as w
    join portal.users as r on r.id = w.requested_by
    left join portal.users as d on d.id = w.decided_by
    left join portal.write_offs as t on t.reverses_id = w.id and t.status in ('PENDING', 'APPROVED')
    left join fct_invoices as i
      on i.hospital_id = w.hospital_id and i.source_name = w.source_name and i.invoice_id = w.invoice_id
    left join decided_balances as b on b.invoice_key = i.invoice_key
    order by w.created_at desc, w.id desc"""
_PART = "order by w.created_at desc, w.id desc limit :limit offset :offset"
# What counts is of its effective day, as in the roll-forward; what does not (yet), of the day on which it was asked for.
_SUMS = f"""
    with {DECIDED},
    counted as (
        select f.category, case when w.status = 'REVERSED' then w.status else f.status end as status, f.amount
        from fct_write_offs as f
        join dim_hospitals as h on h.hospital_id = f.hospital_id
        left join portal.write_offs as w on f.origin = 'daybook' and f.write_off_id = 'DAYBOOK-WO-' || w.id
        where f.currency = :currency and f.effective_date <= h.business_date
          and f.effective_date between :start and :end
        union all
        select w.category, case when w.kind = 'reversal' then 'REVERSED' else w.status end, d.amount
        from decided as d
        join portal.write_offs as w on w.id = d.write_off_id
        where w.currency = :currency and d.effective_date between :start and :end
    ),
    others as (
        select w.category, w.status, w.amount {_REQUESTS}
          and w.kind = 'write_off' and w.status in ('PENDING', 'REJECTED', 'CANCELLED')
    )
    select category, status, sum(amount) as amount, count(*) filter (where amount > 0) as count
    from (select * from counted union all select * from others) as lines
    group by category, status"""


@dataclass(frozen=True)
class WriteOff:
    """A request and what became of it; ``invoice_balance`` is what is shown as open now, None if the build lost the invoice.

    ``reversal_id`` is the request that takes it back, if one waits or was approved; ``decided_by`` whoever approved, rejected
    or cancelled.
    """

    id: int
    kind: str
    batch_id: int | None
    reverses_id: int | None
    reversal_id: int | None
    reversal_status: str | None
    hospital_id: str
    source_name: str
    invoice_id: str
    patient_id: str | None
    invoice_total: Decimal | None
    invoice_balance: Decimal | None
    currency: str
    amount: Decimal
    category: str
    reason: str
    notes: str | None
    status: Status
    requested_by_id: int
    requested_by: str
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_notes: str | None
    updated_at: datetime
    approver_made_by_requester: bool

    @property
    def approved_by(self) -> str | None:
        """Whoever approved it, None if nobody did."""
        return self.decided_by if self.status in ("APPROVED", "REVERSED") else None

    @property
    def approved_at(self) -> datetime | None:
        """When it was approved, None if it was not."""
        return self.decided_at if self.status in ("APPROVED", "REVERSED") else None


@dataclass(frozen=True)
class WriteOffFilter:
    """Which requests; None does not limit. ``start`` and ``end`` are local days of the request, both included."""

    status: Status | None = None
    category: str | None = None
    start: date | None = None
    end: date | None = None
    currency: str | None = None
    invoice_id: str | None = None
    batch_id: int | None = None


@dataclass(frozen=True)
class WriteOffSum:
    """Write-offs of one category and status: what was given up less what was taken back, and how often it was given up."""

    category: str
    status: Status
    amount: Decimal
    count: int


@dataclass(frozen=True)
class WriteOffSummary:
    """What was written off on some days, and what was asked for on them and does not count (yet)."""

    days: DateRange
    currency: str
    sums: tuple[WriteOffSum, ...]

    @property
    def counted(self) -> tuple[WriteOffSum, ...]:
        """Those that lower balances: approved ones, with those that were taken back since and what took them back."""
        return tuple(line for line in self.sums if line.status in ("APPROVED", "REVERSED"))

    @property
    def total(self) -> tuple[Decimal, int]:
        """Amount and number of what counts, as the roll-forward's written off."""
        return added(self.counted)

    def of_category(self, category: str) -> tuple[Decimal, int]:
        """Amount and number of what counts in a category."""
        return added(line for line in self.counted if line.category == category)

    def of_status(self, status: Status) -> tuple[Decimal, int]:
        """Amount and number of a status."""
        return added(line for line in self.sums if line.status == status)


def added(sums: Any) -> tuple[Decimal, int]:
    """Return amount and number of ``sums`` together."""
    lines = list(sums)
    return sum((line.amount for line in lines), Decimal(0)), sum(line.count for line in lines)


@dataclass(frozen=True)
class RequestedSum:
    """Requests of one status, for write-offs and for taking them back."""

    name: Status
    amount: Decimal
    count: int


def requested_sums(connection: Connection, asked: WriteOffFilter) -> list[RequestedSum]:
    """Return amount and number of the requests in reach by status; those that there are."""
    sql = f"select w.status as name, sum(w.amount) as amount, count(*) as count {_REQUESTS} group by w.status"
    return rows(connection, sql, _parameters(asked), RequestedSum)


@dataclass(frozen=True)
class WaitingRequests:
    """Requests of one currency that wait for a decision; ``others`` are those that a certain user did not ask for."""

    currency: str
    amount: Decimal
    count: int
    others: int


def waiting_requests(connection: Connection, user_id: int) -> list[WaitingRequests]:
    """Return what waits for a decision in the hospitals in reach, by currency."""
    sql = f"""
        select w.currency, sum(w.amount) as amount, count(*) as count,
               count(*) filter (where w.requested_by <> :user_id) as others
        {_REQUESTS} group by w.currency order by w.currency"""
    parameters = _parameters(WriteOffFilter(status="PENDING")) | {"user_id": user_id}
    return rows(connection, sql, parameters, WaitingRequests)


def write_offs_count(connection: Connection, asked: WriteOffFilter) -> int:
    """Return how many requests in reach there are."""
    return int(values(connection, f"select count(*) {_REQUESTS}", **_parameters(asked))[0])


def write_offs_page(connection: Connection, asked: WriteOffFilter, page: int, limit: int) -> list[WriteOff]:
    """Return one page of the requests in reach, newest first."""
    part = {"limit": limit, "offset": (page - 1) * limit}
    return rows(connection, _ROWS.format(part=_PART), _parameters(asked) | part, WriteOff)


def write_offs_stream(connection: Connection, asked: WriteOffFilter) -> Iterator[WriteOff]:
    """Yield the requests in reach, newest first."""
    return stream(connection, _ROWS.format(part=""), _parameters(asked), WriteOff)


def find_write_off(connection: Connection, number: int) -> WriteOff | None:
    """Return one request, None if there is none in reach."""
    found = rows(connection, _ROWS.format(part=""), _parameters(WriteOffFilter()) | {"id": number}, WriteOff)
    return found[0] if found else None


def reversals(connection: Connection, number: int) -> list[WriteOff]:
    """Return the requests to take a write-off back, newest first."""
    return rows(connection, _ROWS.format(part=""), _parameters(WriteOffFilter()) | {"reverses_id": number}, WriteOff)


def write_off_summary(connection: Connection, days: DateRange, currency: str) -> WriteOffSummary:
    """Return what was written off in the hospitals in reach: the build's, with what was decided since."""
    asked = WriteOffFilter(start=days.start, end=days.end, currency=currency)
    return WriteOffSummary(days, currency, tuple(rows(connection, _SUMS, _parameters(asked), WriteOffSum)))


def _parameters(asked: WriteOffFilter) -> dict[str, Any]:
    return vars(asked) | {"id": None, "reverses_id": None, "as_of": None}
