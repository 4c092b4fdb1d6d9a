"""Follow-up of an open invoice: adding a note, a promise to pay or a next contact, and withdrawing one."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from pydantic import Field, field_validator

from portal.api.v1.asked import reach
from portal.api.v1.parameters import Day
from portal.api.v1.write_off_desk import invoice_of
from portal.api.v1.write_off_parameters import Body, Money, Words
from portal.blueprints.filters import read
from portal.blueprints.forms import Form, read_form
from portal.blueprints.invoice_pages import InvoiceQuery, invoice_page
from portal.queries.ledger import Invoice
from portal.security import audit_entry, current_hospitals, recorded, requires, sessions
from portal.services import follow_ups
from portal.services.conflicts import ConflictError
from portal.services.follow_ups import Clerk, FollowUpError, Said, UnknownFollowUpError
from portal.services.idempotency import Repeatable
from warehouse.settings import load_secrets

blueprint = Blueprint("follow_ups", __name__, url_prefix="/staff/outstanding")


class FollowUpBody(Body):
    """What was said about an open invoice."""

    note: Words | None = None
    promised_amount: Money | None = None
    promised_for: Day | None = None
    contact_on: Day | None = None
    contact_with: Literal["patient", "representative", "insurance", "employer", "other"] | None = None
    ends_contact: bool = Field(default=False)

    @field_validator("note")
    @classmethod
    def _as_typed(cls, note: str | None) -> str | None:
        return note.replace("\r\n", "\n").strip() if note else None  # browsers send a line's end as two characters


@blueprint.post("/<path:invoice_id>/follow-ups")
@requires("patients:follow-up")
def add(invoice_id: str) -> ResponseReturnValue:
    """Add an entry; what is wrong stands beside its field, and the rest of the form is kept."""
    invoice, form = _invoice(invoice_id), read_form(FollowUpBody)
    if form.body:
        said = Said(**form.body.model_dump())
        key = request.form.get("key")
        asked = f"follow-up {invoice.invoice_key} {form.body.model_dump_json()}"
        repeatable = Repeatable(current_user.id, key[:200], asked) if key else None
        entry = audit_entry("follow_up_add", "follow_up")
        try:
            follow_ups.add(invoice, said, _clerk(), sessions.now(), entry, repeatable)
        except FollowUpError as error:
            form.errors = error.fields
        except ConflictError as error:
            form.errors = {"form": str(error)}
        else:
            recorded()
            flash("Added to the follow-up.", "success")
            return _back(invoice)
    return _again(invoice, form, 400)


@blueprint.post("/<path:invoice_id>/follow-ups/<int:number>/withdraw")
@requires("patients:follow-up")
def withdraw(invoice_id: str, number: int) -> ResponseReturnValue:
    """Withdraw an entry: it stays in the history and counts no more."""
    invoice = _invoice(invoice_id)
    try:
        follow_ups.withdraw(number, invoice, _clerk(), sessions.now(), audit_entry("follow_up_withdraw", "follow_up"))
    except UnknownFollowUpError as error:
        abort(404, str(error))
    except ConflictError as error:
        return _again(invoice, Form({}, errors={"form": str(error)}), 409)
    recorded()
    flash("Withdrawn: it stays in the history and counts no more.", "success")
    return _back(invoice)


def _invoice(invoice_id: str) -> Invoice:
    query = read(InvoiceQuery).query
    hospital = query.hospital_id[0] if query.hospital_id else None
    return invoice_of(invoice_id, hospital, query.source_name, reach())


def _clerk() -> Clerk:
    return Clerk(current_user.id, current_hospitals(), load_secrets().phi_keys)


def _again(invoice: Invoice, form: Form[FollowUpBody], status: int) -> ResponseReturnValue:
    return invoice_page(invoice.invoice_id, read(InvoiceQuery), form), status


def _back(invoice: Invoice) -> ResponseReturnValue:
    source = request.args.get("sourceName")
    page = url_for(
        "outstanding.detail", invoice_id=invoice.invoice_id, hospitalId=invoice.hospital_id, sourceName=source
    )
    return redirect(f"{page}#follow-up")
