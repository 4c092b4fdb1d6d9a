"""Audit records of the portal. A record is written before the response leaves; if it cannot be, the request fails."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, current_app
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from warehouse import audit_chain
from warehouse.audit_chain import Entry

__all__ = ["AuditUnavailableError", "Entry", "init_app", "record", "sealed"]

_ENGINE = "daybook_audit"


class AuditUnavailableError(Exception):
    """An access could not be recorded: it must not happen."""


def init_app(app: Flask) -> None:
    """Give ``app`` connections for records alone.

    From a pool that requests share with their own work, as many requests as it has connections would each hold one and
    wait for a second for ever.
    """
    app.extensions[_ENGINE] = create_engine(
        app.config["SQLALCHEMY_DATABASE_URI"], **app.config["SQLALCHEMY_ENGINE_OPTIONS"] | {"hide_parameters": True}
    )


def sealed(**typed: str | None) -> dict[str, str]:
    """Return what somebody typed as it stands in records: ``reason`` becomes ``reason_sealed``, a keyed hash; nothing, nothing.

    Names hide in reasons and notes, and a record cannot be corrected: it can prove that words were changed since, and tells none.
    """
    key: bytes = current_app.config["AUDIT_KEY"]
    return {
        f"{name}_sealed": hmac.new(key, b"words|" + words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        for name, words in typed.items()
        if words
    }


def record(entry: Entry, connection: Connection | None = None) -> int:
    """Write one audit record and return its number.

    Args:
        entry: who did what; ``portal.security.audit_entry`` fills in who from the request.
        connection: for a data change, the connection of its transaction: call this last before the commit. Without
            one, the record is committed at once on a connection of its own.

    Raises:
        AuditUnavailableError: if it could not be written.
    """
    key = current_app.config["AUDIT_KEY"]
    try:
        if connection is not None:
            return audit_chain.append(connection, key, entry)
        with current_app.extensions[_ENGINE].begin() as own:
            return audit_chain.append(own, key, entry)
    except SQLAlchemyError as error:
        raise AuditUnavailableError("The access could not be recorded.") from error
