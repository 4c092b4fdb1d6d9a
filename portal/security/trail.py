"""The record of every access, written before the response leaves. What a person typed into a search is never in it."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import Any

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_security import current_user
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portal.models import db
from portal.security.declare import PUBLIC, demands, is_recorded
from portal.security.filters import FILTERS, recordable
from portal.services import audit
from portal.services.audit import Entry

_FORMS = {
    "security.logout": "logout",
    "security.change_password": "password_change",
    "security.verify": "reauthentication",
    "security.reset_password": "password_reset",
    "security.two_factor_setup": "second_factor_setup",
    "security.two_factor_setup_validate": "second_factor_change",
    "security.mf_recovery_codes": "recovery_codes_create",
}
_LOGINS = ("security.login", "security.two_factor_token_validation", "security.mf_recovery")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def init_app(app: Flask) -> None:
    """Record every access of ``app`` after its view ran."""
    app.after_request(_record_access)


def audit_entry(action: str, resource_type: str, **more: Any) -> Entry:
    """Return an entry with who is asking filled in from the request; ``more`` are further fields of ``Entry``."""
    who = current_user.get_id_text() if current_user.is_authenticated else g.get("audit_user", "anonymous")
    known = {
        "user_id": who,
        "hospital_ids": g.get("hospitals", ()),
        "ip_address": _address(request.remote_addr),
        "user_agent": _UNPRINTABLE.sub("?", request.user_agent.string)[:300] or None,
        "request_id": g.get("request_id"),
    }
    return Entry(action=action, resource_type=resource_type, **(known | more))


def record(action: str, resource_type: str, connection: Connection | None = None, **more: Any) -> int:
    """Record what the signed-in user does; with ``connection``, as the last statement of that transaction.

    The access itself is then not recorded a second time, unless it fails after all.
    """
    number = audit.record(audit_entry(action, resource_type, **more), connection)
    recorded()
    return number


def recorded() -> None:
    """Say that the access of this request is in the log already, with the change that it made."""
    g.audit_recorded = True


def commit_with_record() -> None:
    """Leave what ``db.session`` changed to be committed with the record of this access, in one transaction or not at all."""
    g.uncommitted = True


def add_details(**more: Any) -> None:
    """Say more of this access in its record: words and numbers that name nobody."""
    g.audit_details = g.get("audit_details", {}) | more


def shown_filters(understood: bool = True) -> dict[str, list[str]]:
    """Return the filters of this request that hold ids, dates, amounts and choices, as they may be recorded.

    Of a request that was not ``understood`` only numbers, dates and short ids: the rest may be anything that somebody typed.
    """
    return {
        name: [recordable(value, name, understood) for value in values]
        for name, values in request.args.lists()
        if name in FILTERS
    }


def _record_access(response: Response) -> Response:
    try:
        if g.pop("uncommitted", False) and response.status_code < 500:
            _commit(_access(response))
        elif _concerns(response):
            audit.record(_access(response))
            recorded()
    except audit.AuditUnavailableError as error:
        if request.endpoint != "security.logout":
            session.modified = False  # nobody is let in, or takes a step, unseen; leaving is never held up
        response.close()  # a stream that is not sent gives its connection back
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _commit(entry: Entry) -> None:
    try:
        db.session.flush()
        audit.record(entry, db.session.connection())
        db.session.commit()
    except (SQLAlchemyError, audit.AuditUnavailableError) as error:
        with suppress(SQLAlchemyError):  # on a connection that died it is done
            db.session.rollback()
        raise audit.AuditUnavailableError("The change could not be recorded.") from error


def _concerns(response: Response) -> bool:
    if g.get("audit_recorded") and response.status_code < 400:
        return False
    if request.endpoint is None:
        return request.path.startswith("/api/")
    if response.status_code in (401, 403, 429) or _is_wrong_link(response):
        return True
    if request.method in ("GET", "HEAD") and demands(current_app, request.endpoint) == (PUBLIC,):
        return False  # an empty form
    return is_recorded(current_app, request.endpoint)


def _access(response: Response) -> Entry:
    action, outcome = _what(response)
    understood = response.status_code < 400
    view = {name: recordable(str(value), name, understood) for name, value in (request.view_args or {}).items()}
    return audit_entry(
        action,
        request.endpoint or "unknown",
        resource_id=",".join(view.values())[:200] or None,
        outcome=outcome,
        status_code=response.status_code,
        details={"method": request.method, "filters": shown_filters(understood)} | g.get("audit_details", {}),
    )


def _what(response: Response) -> tuple[str, str]:
    status = response.status_code
    if request.endpoint in _LOGINS and status not in (403, 429):
        waits_for_code = "tf_user_id" in session and status == 302
        return "login", "success" if current_user.is_authenticated else "started" if waits_for_code else "denied"
    if status in (401, 403, 429) or g.get("denied"):
        return "access_denied", "denied"
    if status in (301, 302) and g.get("to_login"):
        return "access_denied", "denied"
    if _is_wrong_link(response):
        return "password_reset", "denied"
    if request.endpoint in _FORMS and request.method == "POST":
        return _FORMS[request.endpoint], "success" if status == 302 else "failed"
    if request.endpoint == "security.forgot_password" and request.method == "POST":
        return "password_reset_request", "success"  # whether there is such an account is not told here either
    action = "api_call" if request.path.startswith("/api/") else "view"
    if status >= 400:
        return action, "failed"
    return action, "started" if response.is_streamed and not response.direct_passthrough else "success"


def _is_wrong_link(response: Response) -> bool:
    """Return whether the link of a mail was guessed, is too old, or was used: who comes with it is sent to ask for another."""
    to_another = response.status_code == 302 and response.location == url_for("security.forgot_password")
    return request.endpoint == "security.reset_password" and to_another


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None
