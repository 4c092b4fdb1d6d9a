"""What a person or a program sees when something is refused or fails: a sentence, never a traceback."""

from __future__ import annotations

from contextlib import suppress
from traceback import format_tb

import psycopg
from flask import Flask, current_app, g, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from portal.api.v1.envelope import failure
from portal.api.v1.schema import InvalidParametersError
from portal.builds import NoBuildError
from portal.models import db
from portal.security.guard import wants_json
from portal.security.missing_factor import MissingFactorError
from portal.security.proof import StaleSessionError
from portal.services.audit import AuditUnavailableError
from portal.services.case_files import CaseFileError
from portal.services.case_logs import CaseLogError, UnknownUploadError
from portal.services.conflicts import ConflictError
from portal.services.write_off_rules import WriteOffError
from portal.services.write_offs import NotYoursToDecideError, UnknownWriteOffError

MESSAGES: dict[int, tuple[str, str, str]] = {
    400: (
        "bad_request",
        "That request does not make sense",
        "Something in the address or the form is missing or wrong.",
    ),
    401: ("unauthorized", "Please sign in", "Sign in, or send a valid token."),
    403: (
        "forbidden",
        "You may not open this",
        "Your role does not include it. An administrator of your hospital can.",
    ),
    404: ("not_found", "There is nothing here", "It does not exist, or it belongs to another hospital."),
    405: ("method_not_allowed", "That does not work here", "The address exists, but not for this kind of request."),
    409: ("conflict", "Somebody was faster", "It was decided already, or a run is in progress."),
    413: ("too_large", "That is too large", "Send less at once."),
    429: ("too_many_requests", "Too many requests", "Wait a moment, then try again."),
    500: (
        "internal",
        "Something went wrong here",
        "It is not your fault. Try again; if it goes on, tell an administrator the number of this request.",
    ),
    503: ("unavailable", "Not available at the moment", "Try again in a minute."),
}
_NO_BUILD = "No figures have been published yet: they appear after the first successful run."
_NO_RECORD = "The access could not be recorded, so it was not granted. Try again in a minute."
_NO_DATABASE = "The database does not answer. Try again in a minute."
_STALE = (
    "The password was typed a while ago: confirm it at /verify, then ask again. A bearer token needs no confirmation."
)
_NO_FACTOR = "A second factor is needed now: sign in with it, or set one up at /two-factor/setup first."
_EXPIRED = "The form expired or came from elsewhere: open the page again."


def init_app(app: Flask) -> None:
    """Answer every failure of ``app`` with a designed page or the API's error envelope."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, lambda _: answer(400, _EXPIRED, code="csrf"))
    app.register_error_handler(ConflictError, lambda error: answer(409, str(error)))
    app.register_error_handler(InvalidParametersError, lambda error: answer(400, str(error), fields=error.fields))
    app.register_error_handler(WriteOffError, lambda error: answer(400, str(error), fields=error.fields))
    app.register_error_handler(NotYoursToDecideError, lambda error: answer(403, str(error)))
    app.register_error_handler(UnknownWriteOffError, lambda error: answer(404, str(error)))
    app.register_error_handler(CaseFileError, lambda error: answer(400, str(error), fields={"file": str(error)}))
    app.register_error_handler(CaseLogError, lambda error: answer(400, str(error), fields=error.fields))
    app.register_error_handler(UnknownUploadError, lambda error: answer(404, str(error)))
    app.register_error_handler(NoBuildError, lambda _: answer(503, _NO_BUILD, code="no_build"))
    app.register_error_handler(StaleSessionError, lambda _: answer(403, _STALE, code="confirm_password"))
    app.register_error_handler(MissingFactorError, lambda _: answer(403, _NO_FACTOR, code="second_factor"))
    app.register_error_handler(AuditUnavailableError, _unrecorded)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int, message: str | None = None, code: str | None = None, fields: dict[str, str] | None = None
) -> ResponseReturnValue:
    """Return the page or envelope for ``status``, with a message of its own if there is one."""
    name, title, usual = MESSAGES.get(status, MESSAGES[500])
    if wants_json():
        number = f" Request {g.request_id}." if status >= 500 and "request_id" in g else ""
        return failure(status, code or name, (message or usual) + number, fields)
    page = render_template(
        "errors/error.html", status=status, title=title, message=message or usual, number=g.get("request_id")
    )
    response = make_response(page, status)
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    own = error.description if error.description != type(error).description else None
    response = make_response(answer(error.code, own))
    if (waits := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(waits)
    if valid := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(valid))
    if error.code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _unrecorded(error: AuditUnavailableError) -> ResponseReturnValue:
    current_app.logger.error("audit record refused, request %s\n%s", g.get("request_id"), _where(error))
    _leave()
    return answer(503, _NO_RECORD, code="not_recorded")


def _database(error: SQLAlchemyError) -> ResponseReturnValue:
    current_app.logger.error("database failure, request %s\n%s", g.get("request_id"), _where(error))
    _leave()
    return answer(503, _NO_DATABASE)


def _leave() -> None:
    """Leave a transaction in which a statement was refused: what follows asks who is signed in, and it would not say."""
    if not db.session.is_active:
        with suppress(SQLAlchemyError):  # the connection is gone, too
            db.session.rollback()


def _unexpected(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("unexpected failure, request %s\n%s", g.get("request_id"), _where(error))
    return answer(500)


def _where(error: BaseException) -> str:
    """Return where a failure came from, its causes first: never what it says, which may repeat what a row or a request holds.

    What the server says of itself (no connection, a full disk, a lock) is told: it is about no row.
    """
    former = error.__cause__ or error.__context__
    frames = "".join(format_tb(error.__traceback__))
    said = f": {error.diag.message_primary or error}" if isinstance(error, psycopg.OperationalError) else ""
    return (
        f"{_where(former)}\n" if former else ""
    ) + f"{frames}{type(error).__module__}.{type(error).__qualname__}{said}"
