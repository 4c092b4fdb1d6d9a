"""Wires access into an application: who is asking, the guard, the record, limits and headers."""

from __future__ import annotations

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore

from portal.models import Role, User, db
from portal.security import guard, headers, limits, trail


def init_app(app: Flask) -> None:
    """Give ``app`` its database of users, login, guard, audit trail, rate limits and security headers."""
    db.init_app(app)
    headers.init_app(app)  # after_request functions run last to first: headers also go on what the trail refuses
    trail.init_app(app)
    limits.init_app(app)
    guard.init_app(app)
    Security(app, SQLAlchemyUserDatastore(db, User, Role))
