"""Write-offs: what was asked for, decided and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from portal.analytics.money import plain
from portal.api.v1 import write_off_desk as desk
from portal.api.v1.asked import currency_of, days_asked, reach
from portal.api.v1.envelope import Pagination, ok
from portal.api.v1.parameters import PeriodQuery
from portal.api.v1.schema import Camel, RepeatableHeaders, operation
from portal.api.v1.write_off_parameters import DecisionBody, WriteOffBody, WriteOffsQuery, write_offs_asked
from portal.queries.write_offs import (
    STATUSES,
    WriteOff,
    write_off_summary,
    write_offs_count,
    write_offs_page,
)
from portal.security import requires
from portal.services.write_off_rules import CATEGORIES

blueprint = Blueprint("write_offs", __name__, url_prefix="/financial-reports/write-offs")


class WriteOffInvoice(Camel):
    """The invoice of a write-off; ``total`` and ``balance`` are null where the source no longer has it."""

    invoice_id: str
    total: str | None
    balance: str | None
    patient_id: str | None


class WriteOffItem(Camel):
    """A write-off, or (``kind`` ``reversal``) the request to take the write-off ``reversesId`` back.

    ``approvedBy`` and ``decidedBy`` are e-mail addresses; the second is also whoever rejected or cancelled.
    ``approverMadeByRequester`` marks an approval by somebody whom who asked had made, or given roles, in the 30 days before.
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
    invoice: WriteOffInvoice
    currency: str
    amount: str
    category: str
    reason: str
    notes: str | None
    status: str
    requested_by: str
    approved_by: str | None
    approved_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision_notes: str | None
    approver_made_by_requester: bool
    created_at: datetime
    updated_at: datetime


class NamedSum(Camel):
    """Write-offs under one name."""

    name: str
    amount: str
    count: int


class WriteOffSummaryData(Camel):
    """What was written off; categories and statuses with nothing are there too."""

    total_write_off: str
    write_off_count: int
    by_category: list[NamedSum]
    by_status: list[NamedSum]


@blueprint.get("/summary")
@requires("financial-reports:read")
@operation(WriteOffSummaryData)
def summary(query: PeriodQuery) -> Response:
    """What was written off on these days, here and in the billing system, by category; and by status.

    The total counts what lowers balances, on the day it does: `APPROVED` and `REVERSED` together, where what was taken back
    counts against what was given up. It equals the roll-forward's written off. Other statuses are of the day of the request.
    """
    here = reach()
    currency = currency_of(query, here.currencies)
    found = write_off_summary(here.marts, days_asked(query), currency)
    total, count = found.total
    data = {
        "totalWriteOff": plain(total, currency),
        "writeOffCount": count,
        "byCategory": [_named(name, found.of_category(name), currency) for name in CATEGORIES],
        "byStatus": [_named(name, found.of_status(name), currency) for name in STATUSES],
    }
    return ok(data, currency=currency, startDate=query.start_date, endDate=query.end_date)


@blueprint.get("")
@requires("financial-reports:read")
@operation(list[WriteOffItem], paged=True)
def index(query: WriteOffsQuery) -> Response:
    """Requests for write-offs and for taking them back, newest first; without `currency`, of all currencies."""
    here = reach()
    asked = write_offs_asked(query, query.currency)
    rows = write_offs_page(here.marts, asked, query.page, query.limit)
    page = Pagination(query.page, query.limit, write_offs_count(here.marts, asked))
    return ok([item(row) for row in rows], page, currency=query.currency)


@blueprint.get("/<int:number>")
@requires("financial-reports:read")
@operation(WriteOffItem)
def show(number: int) -> Response:
    """One write-off."""
    return _answer(number)


@blueprint.post("")
@requires("financial-reports:write")
@operation(WriteOffItem, status=201, failures=(409,))
def create(json: WriteOffBody, headers: RepeatableHeaders) -> Response:
    """Ask for (part of) an invoice to be written off: no balance changes before somebody else approves.

    With a header `Idempotency-Key`, one for each request, the same request can be sent again
    when no answer came: it is answered with what the first one made. The key with another request is answered with 409.
    """
    return _answer(desk.ask(json, headers.idempotency_key), status=201)


@blueprint.patch("/<int:number>/approve")
@requires("financial-reports:approve", fresh=True)
@operation(WriteOffItem, failures=(409,))
def approve(number: int, json: DecisionBody) -> Response:
    """Approve a request: the balance changes with it. 403 for whoever asked for it, or may not approve so much."""
    return _decided("approve", number, json)


@blueprint.patch("/<int:number>/reject")
@requires("financial-reports:approve", fresh=True)
@operation(WriteOffItem, failures=(409,))
def reject(number: int, json: DecisionBody) -> Response:
    """Reject a request: no balance changes. 403 as for an approval."""
    return _decided("reject", number, json)


@blueprint.patch("/<int:number>/cancel")
@requires("financial-reports:write")
@operation(WriteOffItem, failures=(409,))
def cancel(number: int, json: DecisionBody) -> Response:
    """Take a pending request out of the queue."""
    return _decided("cancel", number, json)


@blueprint.patch("/<int:number>/reverse")
@requires("financial-reports:write")
@operation(WriteOffItem, failures=(409,))
def reverse(number: int, json: DecisionBody) -> Response:
    """Ask for an approved write-off to be taken back; `notes` say why. `reversalId` names that request."""
    return _decided("reverse", number, json)


def item(row: WriteOff) -> dict[str, Any]:
    """Return a write-off as the API says it."""
    names = WriteOffItem.model_fields.keys() - {"invoice", "amount"}
    invoice = WriteOffInvoice(
        invoice_id=row.invoice_id,
        total=None if row.invoice_total is None else plain(row.invoice_total, row.currency),
        balance=None if row.invoice_balance is None else plain(row.invoice_balance, row.currency),
        patient_id=row.patient_id,
    )
    values = {name: getattr(row, name) for name in names}
    shown = WriteOffItem(invoice=invoice, amount=plain(row.amount, row.currency), **values)
    return shown.model_dump(by_alias=True)


def _decided(how: str, number: int, body: DecisionBody) -> Response:
    desk.decide(how, number, body.notes)
    return _answer(number)


def _answer(number: int, status: int = 200) -> Response:
    row = desk.found(number)
    return ok(item(row), status=status, currency=row.currency)


def _named(name: str, sums: tuple[Any, int], currency: str) -> dict[str, Any]:
    return {"name": name, "amount": plain(sums[0], currency), "count": sums[1]}
