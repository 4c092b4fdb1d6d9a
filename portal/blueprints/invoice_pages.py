"""The page of one invoice: the events that add up to its balance, what was asked to be written off, and its follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from flask import abort, render_template
from flask_security import current_user

from portal.analytics.money import plain
from portal.api.v1.asked import Reach, past_day, reach
from portal.api.v1.parameters import Day, Text
from portal.api.v1.schema import InvalidParametersError, Query
from portal.blueprints.filters import Filters, frame
from portal.blueprints.forms import Form
from portal.queries import ledger
from portal.queries.definitions import definitions
from portal.queries.follow_ups import FollowUp, Standing, follow_ups, standing
from portal.queries.ledger import Event, Invoice
from portal.queries.write_offs import WriteOff, WriteOffFilter, write_offs_page
from portal.services.follow_ups import CONTACTS, opened
from warehouse.settings import load_secrets

_MOST_WRITE_OFFS = 100
_METRICS = ("outstanding", "days_overdue", "credits")


class InvoiceQuery(Query):
    """Which day an invoice is looked at, and whose it is where several sources use its number."""

    as_of_date: Day | None = None
    source_name: Text | None = None


@dataclass(frozen=True)
class Trace:
    """One invoice with everything that its page shows."""

    invoice: Invoice
    events: Sequence[Event]
    write_offs: Sequence[WriteOff]
    standing: Standing
    entries: Sequence[FollowUp]
    notes: Mapping[int, str]


def invoice_page(invoice_id: str, filters: Filters[InvoiceQuery], form: Form[Any] | None = None) -> str:
    """Return the page of every invoice in reach with this number; 404 if there is none.

    Args:
        invoice_id: its number.
        filters: the page's; a day after the business date is added to their errors.
        form: the follow-up's as it was filled in, to be corrected.
    """
    here, query = reach(), filters.query
    found = ledger.invoices(here.marts, invoice_id) if invoice_id.isprintable() else []
    found = [invoice for invoice in found if query.source_name in (None, invoice.source_name)]
    if not found:
        abort(404, "There is no such invoice here.")
    past = _past(filters, here)
    traces = [_trace(invoice, past, here) for invoice in found]
    return render_template(
        "reports/invoice.html", invoice_id=invoice_id, traces=traces, as_of=past or here.business_date, is_past=bool(past),
        names={hospital.hospital_id: hospital.name for hospital in here.hospitals}, errors=filters.errors, plain=plain,
        form=form or Form({}), key=uuid4().hex, contacts=CONTACTS,
        may_write_off="financial-reports:write" in current_user.permissions,
        may_follow_up="patients:follow-up" in current_user.permissions,
        definitions=definitions(here.marts, _METRICS), **frame(here),
    )  # fmt: skip


def _past(filters: Filters[InvoiceQuery], here: Reach) -> date | None:
    try:
        day = past_day(filters.query.as_of_date, "asOfDate", here)
    except InvalidParametersError as error:
        filters.errors.update(error.fields)
        return None
    return day if day != here.business_date else None


def _trace(invoice: Invoice, past: date | None, here: Reach) -> Trace:
    entries = follow_ups(here.marts, invoice.invoice_key, past)
    may_read = "patients:follow-up" in current_user.permissions
    return Trace(
        invoice, ledger.events(here.marts, invoice.invoice_key, past or here.business_date), _write_offs(invoice, here),
        standing(here.marts, invoice.invoice_key, past), entries,
        opened(entries, load_secrets().phi_keys) if may_read else {},
    )  # fmt: skip


def _write_offs(invoice: Invoice, here: Reach) -> list[WriteOff]:
    """Return what was asked to be written off, to those who may see it."""
    if "financial-reports:read" not in current_user.permissions:
        return []
    asked = write_offs_page(here.marts, WriteOffFilter(invoice_id=invoice.invoice_id), page=1, limit=_MOST_WRITE_OFFS)
    place = (invoice.hospital_id, invoice.source_name)
    return [row for row in asked if (row.hospital_id, row.source_name) == place]
