"""Asking for write-offs and deciding them on behalf of the signed-in user: what the API and the pages do alike."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, current_app
from flask_security import current_user

from portal.api.v1.asked import Reach, reach
from portal.api.v1.schema import InvalidParametersError
from portal.api.v1.write_off_parameters import WriteOffBody
from portal.queries import ledger
from portal.queries.ledger import Invoice
from portal.queries.write_offs import WriteOff, find_write_off
from portal.security import audit_entry, current_hospitals, is_plain, recorded, sessions
from portal.services import write_offs
from portal.services.idempotency import Repeatable
from portal.services.write_off_rules import Wanted, approver_limit, small_balance_limit
from portal.services.write_offs import Decider, UnknownWriteOffError

DECISIONS: dict[str, Callable[..., None]] = {
    "approve": write_offs.approve, "reject": write_offs.reject, "cancel": write_offs.cancel,
}  # fmt: skip


def decider() -> Decider:
    """Return the signed-in user as somebody who asks and decides."""
    limits = current_app.config["APPROVER_LIMITS"]
    return Decider(current_user.id, current_hospitals(), approver_limit(limits, current_user.role_names))


def ask(body: WriteOffBody, key: str | None = None) -> int:
    """Ask for a write-off; return its number. ``key`` tells the same request, sent again, from a new one.

    Raises:
        WriteOffError: for what cannot be asked for.
        InvalidParametersError: if several invoices are called so. 404 if none is.
        ConflictError: if the key was used for something else.
    """
    invoice = invoice_of(body.invoice_id, body.hospital_id, body.source_name, reach())
    limit = small_balance_limit(current_app.config["SMALL_BALANCE_LIMITS"], invoice.hospital_id)
    wanted = Wanted(body.amount, body.category, body.reason, body.notes)
    asked = Repeatable(current_user.id, key, f"write-off {body.model_dump_json()}") if key else None
    entry = audit_entry("write_off_request", "write_off")
    number = write_offs.request(invoice, wanted, decider(), limit, sessions.now(), entry, repeatable=asked)
    recorded()
    return number


def decide(how: str, number: int, notes: str | None) -> None:
    """Approve, reject or cancel a request, or ask for an approved one to be taken back (``reverse``, with notes)."""
    entry, now = audit_entry(f"write_off_{how}", "write_off", resource_id=str(number)), sessions.now()
    if how == "reverse":
        write_offs.request_reversal(number, notes or "", decider(), now, entry)
    else:
        DECISIONS[how](number, notes, decider(), now, entry)
    recorded()


def found(number: int) -> WriteOff:
    """Return a request in reach.

    Raises:
        UnknownWriteOffError: if there is none.
    """
    write_off = find_write_off(reach().marts, number)
    if write_off is None:
        raise UnknownWriteOffError(f"There is no write-off {number} at your hospitals.")
    return write_off


def invoice_of(invoice_id: str, hospital_id: str | None, source_name: str | None, here: Reach) -> Invoice:
    """Return the invoice in reach that is called so; 404 if there is none.

    Raises:
        InvalidParametersError: if several hospitals or sources use the number and none is named.
    """
    known = ledger.invoices(here.marts, invoice_id, hospital_id) if invoice_id.isprintable() else []
    known = [invoice for invoice in known if source_name in (None, invoice.source_name)]
    if not known:
        # Only an id is said again: in its place may stand a name.
        called = f"invoice {invoice_id}" if is_plain("invoiceId", invoice_id) else "such invoice"
        abort(404, f"There is no {called} here.")
    places = sorted({invoice.hospital_id for invoice in known})
    if len(places) > 1:
        named = ", ".join(places)
        raise InvalidParametersError(
            {"hospitalId": f"is required, as several hospitals use this number: one of {named}"}
        )
    if len(known) > 1:
        named = ", ".join(sorted(invoice.source_name for invoice in known))
        raise InvalidParametersError({"sourceName": f"is required, as several sources use this number: one of {named}"})
    return known[0]
