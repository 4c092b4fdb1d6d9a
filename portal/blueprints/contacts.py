"""Contact details of a patient, for those who have to call or write: after a reason, and never without a record."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from portal.api.v1.asked import patient_asked, reach
from portal.blueprints.filters import frame
from portal.blueprints.forms import Form, read_form
from portal.queries.patients import PatientRef
from portal.security import audit_entry, current_hospitals, recorded, requires
from portal.services import contacts
from portal.services.contacts import REASONS, Contact, Wish
from warehouse.settings import load_secrets

blueprint = Blueprint("contacts", __name__, url_prefix="/staff/patients")


def _known(value: Any) -> Any:
    if value not in REASONS:
        raise PydanticCustomError("reason", "is none of the reasons: choose one")
    return value


class RevealBody(BaseModel):
    """Why somebody needs the details."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[str, BeforeValidator(_known)]
    reference: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._/-]{1,40}$")


@blueprint.get("/<path:patient_id>/contact")
@requires("patients:contact")
def ask(patient_id: str) -> ResponseReturnValue:
    """Ask why the details are needed."""
    return _page(patient_asked(patient_id, reach()), Form({}))


@blueprint.post("/<path:patient_id>/contact")
@requires("patients:contact", fresh=True)
def show(patient_id: str) -> ResponseReturnValue:
    """Record who wants the details and why, then show them."""
    patient, form = patient_asked(patient_id, reach()), read_form(RevealBody)
    if form.body is None:
        if "reference" in form.errors:
            form.errors["reference"] = "A number of a case or call: letters, digits and . _ / - only, at most 40."
        return _page(patient, form), 400
    wish, hospitals = Wish(patient, form.body.reason, form.body.reference), current_hospitals()
    number = contacts.record_reveal(wish, current_user.id, hospitals, audit_entry("contact_reveal", "patient"))
    recorded()
    return _page(patient, form, contacts.reveal(number, hospitals, load_secrets().phi_keys))


def _page(patient: PatientRef, form: Form[RevealBody], found: tuple[Contact, ...] | None = None) -> str:
    action = url_for("contacts.show", patient_id=patient.patient_id, hospitalId=patient.hospital_id)
    return render_template(
        "reports/contact.html", patient=patient, form=form, found=found, reasons=list(REASONS.items()), action=action,
        **frame(reach()),
    )  # fmt: skip
