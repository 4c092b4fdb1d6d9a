"""Write-offs to reconcile: what one side has, the portal or the billing system, and the other has not, or has otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from portal.queries.sql import rows, stream

Difference = Literal["not posted", "amount differs", "not requested"]
DIFFERENCES: tuple[Difference, ...] = get_args(Difference)
# What was decided since the build is not compared yet: the billing system cannot have posted it.
_FROM = """
    from fct_write_offs as w
    join dim_hospitals as h on h.hospital_id = w.hospital_id
    where w.currency = :currency and w.reconciliation in ('not posted', 'amount differs', 'not requested')
      and w.effective_date <= h.business_date
      and (cast(:difference as text) is null or w.reconciliation = :difference)"""
_ROWS = f"""
    select w.reconciliation as difference, w.origin, w.write_off_id, w.posting_id, w.hospital_id, w.source_name, w.invoice_id,
           w.patient_id, w.category, w.effective_date, h.business_date - w.effective_date as age_days,
           case when w.origin = 'daybook' then w.amount end as decided,
           case when w.origin = 'daybook' then w.posted_amount else w.amount end as posted
    {_FROM}
    order by w.effective_date, w.hospital_id, w.invoice_id, w.write_off_key"""
_SUMS = f"select w.reconciliation as difference, count(*) as count, sum(w.amount) as amount {_FROM} group by 1"


@dataclass(frozen=True)
class ToReconcile:
    """A write-off that both sides do not have alike.

    ``decided`` is what was approved here, ``posted`` what the billing system has; None is nothing. ``write_off_id`` is our
    reference (DAYBOOK-WO-n) or the billing system's id.
    """

    difference: Difference
    origin: str
    write_off_id: str
    posting_id: str | None
    hospital_id: str
    source_name: str
    invoice_id: str | None
    patient_id: str | None
    category: str
    effective_date: date
    age_days: int
    decided: Decimal | None
    posted: Decimal | None

    @property
    def request(self) -> int | None:
        """Number of our request, None for what the billing system wrote off by itself."""
        return int(self.write_off_id.rpartition("-")[2]) if self.origin == "daybook" else None


@dataclass(frozen=True)
class DifferenceSum:
    """How many differ in one way, and how much was given up in them."""

    difference: Difference
    count: int
    amount: Decimal


def reconciliation_sums(
    connection: Connection, currency: str, difference: Difference | None = None
) -> list[DifferenceSum]:
    """Return number and amount of what is to be reconciled in the hospitals in reach, by difference."""
    return rows(connection, _SUMS, {"currency": currency, "difference": difference}, DifferenceSum)


def reconciliation_page(
    connection: Connection, currency: str, difference: Difference | None, page: int, limit: int
) -> list[ToReconcile]:
    """Return one page of what is to be reconciled, oldest first."""
    part: dict[str, Any] = {"limit": limit, "offset": (page - 1) * limit}
    asked = {"currency": currency, "difference": difference}
    return rows(connection, f"{_ROWS} limit :limit offset :offset", asked | part, ToReconcile)


def reconciliation_stream(
    connection: Connection, currency: str, difference: Difference | None
) -> Iterator[ToReconcile]:
    """Yield what is to be reconciled, oldest first."""
    return stream(connection, _ROWS, {"currency": currency, "difference": difference}, ToReconcile)
