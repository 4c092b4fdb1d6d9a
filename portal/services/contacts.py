"""Contact details of patients, revealed in two committed steps: the record of who wants them and why, then the details.

What is asked for is recorded with its audit record in a transaction of its own. Only the next one reads, by the number of the
record, and the database refuses anything else. Reasons are chosen, not typed: names hide in free text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import text

from portal import builds
from portal.models import db
from portal.queries.patients import PatientRef
from portal.services import audit
from portal.services.audit import Entry
from warehouse import identity

REASONS = {
    "reminder": "Remind of an open balance",
    "returned_mail": "A letter came back",
    "patient_asked": "The patient asked",
    "insurance": "Clear the insurance",
    "correction": "Correct the details",
    "refund": "Give money back",
}
_INSERT = text("""
  insert into portal.contact_reveals (user_id, hospital_id, patient_id, reason, reference)
  values (:user_id, :hospital_id, :patient_id, :reason, :reference) returning reveal_id
""")
_REVEAL = text("select source_name, fields from phi.reveal_contact(:number)")


@dataclass(frozen=True)
class Contact:
    """What a source says of a patient; None is what it does not say. Never the social security number."""

    source_name: str
    first_name: str | None
    last_name: str | None
    date_of_birth: date | None
    phone: str | None
    email: str | None
    address: str | None


@dataclass(frozen=True)
class Wish:
    """Whose details somebody wants, and why: a key of ``REASONS``, with a case number or the like."""

    patient: PatientRef
    reason: str
    reference: str | None


def record_reveal(wish: Wish, user_id: int, hospitals: Sequence[str], entry: Entry) -> int:
    """Record that somebody wants a patient's details. Returns the number under which they are revealed, once, within minutes.

    Args:
        wish: whose, and why.
        user_id: who wants them.
        hospitals: of the user, the patient's among them.
        entry: the audit record; patient, hospital and reason are filled in.

    Raises:
        AuditUnavailableError: if it could not be recorded; nothing can then be revealed.
    """
    patient = wish.patient
    with db.engine.begin() as connection:
        builds.pin_newest(connection, hospitals)
        values = {
            "user_id": user_id, "hospital_id": patient.hospital_id, "patient_id": patient.patient_id,
            "reason": wish.reason, "reference": wish.reference,
        }  # fmt: skip
        number = int(connection.execute(_INSERT, values).scalar_one())
        new = {"reveal": number, "reason": wish.reason, "reference": wish.reference}
        audit.record(
            replace(
                entry, resource_id=patient.patient_id, hospital_ids=(patient.hospital_id,),
                new_values={name: value for name, value in new.items() if value is not None},
            ),
            connection,
        )  # fmt: skip
        return number


def reveal(number: int, hospitals: Sequence[str], keys: Sequence[str]) -> tuple[Contact, ...]:
    """Return what the sources say of the patient of a recorded wish; nothing where no source says anything.

    Args:
        number: of the record, committed before.
        hospitals: of the user.
        keys: the installation's keyring of identity.
    """
    with db.engine.begin() as connection:
        builds.pin_newest(connection, hospitals)
        found = connection.execute(_REVEAL, {"number": number}).all()
    return tuple(_contact(row.source_name, identity.decrypt(row.fields, keys)) for row in found)


def _contact(source_name: str, fields: dict[str, str]) -> Contact:
    born = fields.get("date_of_birth")
    return Contact(
        source_name, fields.get("first_name"), fields.get("last_name"), date.fromisoformat(born) if born else None,
        fields.get("phone"), fields.get("email"), fields.get("address"),
    )  # fmt: skip
