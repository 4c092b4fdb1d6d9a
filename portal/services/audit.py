"""Audit records of the portal. A record is written before the response leaves; if it cannot be, the request fails."""

from __future__ import annotations

from flask import Flask, current_app
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from warehouse import audit_chain
from warehouse.audit_chain import Entry

__all__ = ["AuditUnavailableError", "Entry", "init_app", "record"]

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
