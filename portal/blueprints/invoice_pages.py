"""The page of one invoice: the events that add up to its balance, what was asked to be written off, and its follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import uuid4

from flask import abort, render_template
from flask_security import current_user

from portal.analytics.money import plain
from portal.api.v1.asked import Reach, past_day, reach, stamp
from portal.api.v1.described import described
from portal.api.v1.parameters import Day, Text
from portal.api.v1.schema import InvalidParametersError, Query
from portal.blueprints.filters import FORMATS, Filters, frame, link
from portal.blueprints.forms import Form
from portal.exports.document import Document
from portal.exports.invoice_document import METRICS, invoice_document
from portal.queries import ledger
from portal.queries.definitions import definitions
from portal.queries.follow_ups import FollowUp, Standing, follow_ups, standing
from portal.queries.ledger import Event, Invoice
from portal.queries.write_offs import WriteOff, WriteOffFilter, write_offs_page
from portal.services.follow_ups import CONTACTS, opened
from warehouse.settings import load_secrets

_MOST_WRITE_OFFS = 100


class InvoiceQuery(Query):
    """Which day an invoice is looked at, and whose it is where several sources use its number."""

    as_of_date: Day | None = None
    source_name: Text | None = None


Asked = TypeVar("Asked", bound=InvoiceQuery)


@dataclass(frozen=True)
class Trace:
    """One invoice with everything that its page shows."""

    invoice: Invoice
    events: Sequence[Event]
    write_offs: Sequence[WriteOff]
    standing: Standing
    entries: Sequence[FollowUp]
    notes: Mapping[int, str]

    @property
    def exports(self) -> list[tuple[str, str]]:
        """Format and address of its events as files."""
        of = {"hospitalId": self.invoice.hospital_id, "sourceName": self.invoice.source_name}
        return [(name, link("outstanding.export_invoice", format=name, **of)) for name in FORMATS]


def invoice_page(invoice_id: str, filters: Filters[InvoiceQuery], form: Form[Any] | None = None) -> str:
    """Return the page of every invoice in reach with this number; 404 if there is none.

    Args:
        invoice_id: its number.
        filters: the page's; a day after the business date is added to their errors.
        form: the follow-up's as it was filled in, to be corrected.
    """
    here, found = reach(), invoices_of(invoice_id, filters.query)
    past = past_of(filters, here)
    traces = [_trace(invoice, past, here) for invoice in found]
    return render_template(
        "reports/invoice.html", invoice_id=invoice_id, traces=traces, as_of=past or here.business_date, is_past=bool(past),
        names={hospital.hospital_id: hospital.name for hospital in here.hospitals}, errors=filters.errors, plain=plain,
        form=form or Form({}), key=uuid4().hex, contacts=CONTACTS,
        may_write_off="financial-reports:write" in current_user.permissions,
        may_follow_up="patients:follow-up" in current_user.permissions,
        definitions=definitions(here.marts, METRICS), **frame(here),
    )  # fmt: skip


def invoices_of(invoice_id: str, query: InvoiceQuery) -> list[Invoice]:
    """Return every invoice in reach with this number; 404 if there is none."""
    found = ledger.invoices(reach().marts, invoice_id) if invoice_id.isprintable() else []
    found = [invoice for invoice in found if query.source_name in (None, invoice.source_name)]
    if not found:
        abort(404, "There is no such invoice here.")
    return found


def invoice_file(invoice_id: str, query: InvoiceQuery, past: date | None) -> Document:
    """Return the events of the invoice with this number as a file; several of one number are to be told apart."""
    here, found = reach(), invoices_of(invoice_id, query)
    if len(found) > 1:
        raise InvalidParametersError({"hospitalId": "or sourceName has to say whose invoice: several have this number"})
    as_of = past or here.business_date
    happened = ledger.events(here.marts, found[0].invoice_key, as_of)
    words = described(query, here, [("As of", as_of)])
    return invoice_document(here.marts, found[0], happened, as_of, stamp=stamp(here), filters=words)


def past_of(filters: Filters[Asked], here: Reach) -> date | None:
    """Return the past day that is looked at, None for today; what is wrong with it is added to the errors."""
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
