"""Revenue by department, by doctor and by payer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import percent, plain
from portal.api.v1.asked import Reach, breakdown_asked, currency_of, reach
from portal.api.v1.envelope import ok
from portal.api.v1.parameters import BreakdownQuery, DoctorsQuery, PayersQuery
from portal.api.v1.schema import Camel, operation
from portal.exports.documents import counted
from portal.queries.breakdowns import (
    PAYER_GROUPS,
    BreakdownFilter,
    Line,
    Sums,
    added,
    by_department,
    by_doctor,
    by_payer,
)
from portal.security import requires

blueprint = Blueprint("breakdowns", __name__, url_prefix="/financial-reports/revenue")


class DepartmentRevenue(Camel):
    """Revenue of one department; ``id`` is ``unattributed`` where nobody can say which."""

    id: str
    hospital_id: str | None
    name: str
    code: str | None
    revenue: str
    refunded_amount: str
    invoice_count: int
    percentage: str


class DoctorRevenue(DepartmentRevenue):
    """Revenue of one doctor; ``code`` is the doctor's id."""

    specialization: str | None


class PayerRevenue(Camel):
    """Revenue of one payer; without a ``code``, the patients themselves."""

    name: str
    code: str | None
    payer_class: str
    revenue: str
    refunded_amount: str
    invoice_count: int
    percentage: str


class PayerGroupRevenue(Camel):
    """Revenue of ``Insurance`` (government payers too) or ``Self-Pay``, with the payers that it is of."""

    name: str
    code: str
    revenue: str
    refunded_amount: str
    invoice_count: int
    percentage: str
    payers: list[PayerRevenue]


@blueprint.get("/by-department")
@requires("financial-reports:read")
@operation(list[DepartmentRevenue])
def departments(query: BreakdownQuery) -> Response:
    """Revenue by department: those with nothing too, and what is unattributed last.

    `invoiceCount` counts payments where the basis is `collected`: `meta.counted` says which. One that belongs to several
    departments counts in each, so counts need not add up; money does.
    """
    asked, here = _asked(query)
    found = by_department(here.marts, asked)
    total = found.total
    return ok([_item(line, total, asked.currency) for line in found.lines], **_meta(asked, total))


@blueprint.get("/by-doctor")
@requires("financial-reports:read")
@operation(list[DoctorRevenue])
def doctors(query: DoctorsQuery) -> Response:
    """Revenue by doctor: those with the most, and what is unattributed last, which no limit leaves out.

    `percentage` is of all revenue in reach. What the limit leaves out is in `meta.otherDoctors` and `meta.otherRevenue`.
    `invoiceCount` counts as in revenue by department.
    """
    asked, here = _asked(query)
    found = by_doctor(here.marts, asked, query.limit)
    total, currency = found.total, asked.currency
    other: dict[str, Any] = {"otherDoctors": len(found.left_out), "otherRevenue": plain(found.other.revenue, currency)}
    items = [_item(line, total, currency) | {"specialization": line.specialization} for line in found.lines]
    return ok(items, **_meta(asked, total), **other)


@blueprint.get("/by-payer")
@requires("financial-reports:read")
@operation(list[PayerGroupRevenue])
def payers(query: PayersQuery) -> Response:
    """Revenue of insurance and self-pay, and of the payers in each.

    An invoice that several share counts for each of them, so counts need not add up; money does.
    """
    asked, here = _asked(query)
    found = by_payer(here.marts, asked)
    total, currency = found.total, asked.currency
    groups = [
        {
            "name": label,
            "code": group,
            **_sums(added(found.of(group)), total, currency),
            "payers": [
                {
                    "name": line.name,
                    "code": line.id,
                    "payerClass": line.payer_class,
                    **_sums(line.sums, total, currency),
                }
                for line in found.of(group)
            ],
        }
        for group, label in PAYER_GROUPS.items()
    ]
    return ok(groups, **_meta(asked, total), split=asked.split)


def _asked(query: BreakdownQuery) -> tuple[BreakdownFilter, Reach]:
    here = reach()
    return breakdown_asked(query, currency_of(query, here.currencies)), here


def _item(line: Line, total: Sums, currency: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "hospitalId": line.hospital_id,
        "name": line.name,
        "code": line.code,
        **_sums(line.sums, total, currency),
    }


def _sums(sums: Sums, total: Sums, currency: str) -> dict[str, Any]:
    return {
        "revenue": plain(sums.revenue, currency),
        "refundedAmount": plain(sums.refunded, currency),
        "invoiceCount": sums.count,
        "percentage": percent(sums.revenue, total.revenue),
    }


def _meta(asked: BreakdownFilter, total: Sums) -> dict[str, Any]:
    return {
        "currency": asked.currency,
        "startDate": asked.days.start,
        "endDate": asked.days.end,
        "basis": asked.basis,
        "counted": counted(asked.basis).lower(),
        "totalRevenue": plain(total.revenue, asked.currency),
        "refundedAmount": plain(total.refunded, asked.currency),
    }
