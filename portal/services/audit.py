"""Audit records of the portal. A record is written before the response leaves; if it cannot be, the request fails."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from portal.models import db
from warehouse import audit_chain
from warehouse.audit_chain import Entry

__all__ = ["AuditUnavailableError", "Entry", "record"]


class AuditUnavailableError(Exception):
    """An access could not be recorded: it must not happen."""


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
        with db.engine.begin() as own:
            return audit_chain.append(own, key, entry)
    except SQLAlchemyError as error:
        raise AuditUnavailableError("The access could not be recorded.") from error
