"""The published world with people who follow open invoices up, as good as new for every test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import builds
from portal.models import User, db
from portal.queries import ledger
from portal.queries.follow_ups import FollowUp, Standing, follow_ups, standing
from portal.services import follow_ups as service
from portal.services.audit import Entry
from portal.services.follow_ups import Clerk, Said
from tests.conftest import fresh_database
from tests.portal import world
from warehouse.engine import connect
from warehouse.settings import load_secrets

NOON = datetime(2026, 3, 31, 16, tzinfo=UTC)  # noon of the business date in New York, where H1 keeps its books
_PEOPLE = {
    "clerk": ("patient_accounts", ("H1",)),
    "colleague": ("patient_accounts", ("H1",)),
    "accountant": ("accountant", ("H1",)),
    "viewer": ("viewer", ("H1",)),
    "abroad": ("accountant", ("H2",)),
    "both": ("accountant", ("H1", "H2")),
}


@dataclass
class Office:
    """People of H1, somebody of H2 and somebody of both, who follow up without pages between."""

    app: Flask
    people: dict[str, int]

    def clerk(self, name: str = "clerk") -> Clerk:
        """The person called ``name``."""
        return Clerk(self.people[name], _PEOPLE[name][1], load_secrets().phi_keys)

    def invoice(self, number: str, hospital: str = "H1") -> ledger.Invoice:
        """The invoice with this number."""
        with self.app.app_context(), db.engine.begin() as connection:
            builds.pin_newest(connection, (hospital,))
            return ledger.invoices(connection, number)[0]

    def say(self, invoice: str, on: date | datetime = NOON, **said: Any) -> int:
        """Add an entry on a day; money as text."""
        if "promised_amount" in said:
            said["promised_amount"] = Decimal(said["promised_amount"])
        now = on if isinstance(on, datetime) else datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
        entry, about = Entry(str(self.people["clerk"]), "follow_up_add", "follow_up"), self.invoice(invoice)
        with self.app.app_context():
            return service.add(about, Said(**said), self.clerk(), now, entry)

    def withdraw(self, number: int, invoice: str, name: str = "clerk", on: datetime = NOON) -> None:
        """Withdraw an entry."""
        entry, about = Entry(str(self.people[name]), "follow_up_withdraw", "follow_up"), self.invoice(invoice)
        with self.app.app_context():
            service.withdraw(number, about, self.clerk(name), on, entry)

    def stands(self, invoice: str, as_of: date | None = None) -> Standing:
        """What stands of an invoice."""
        key = self.invoice(invoice).invoice_key
        with self.app.app_context(), db.engine.begin() as connection:
            builds.pin_newest(connection, ("H1",))
            return standing(connection, key, as_of)

    def history(self, invoice: str, as_of: date | None = None, hospital: str = "H1") -> list[FollowUp]:
        """The entries of an invoice, newest first."""
        key = self.invoice(invoice, hospital).invoice_key
        with self.app.app_context(), db.engine.begin() as connection:
            builds.pin_newest(connection, (hospital,))
            return follow_ups(connection, key, as_of)

    def browser(self, name: str) -> FlaskClient:
        """A browser in which somebody is signed in."""
        return world.sign_in(self.app, f"{name}@clinic.org")


@pytest.fixture(scope="module")
def made(server: str, published_world: str) -> Iterator[Office]:
    """The portal of this module."""
    for _ in fresh_database(server, published_world):
        app = world.make_app()
        app.config["CLOCK"] = lambda: NOON
        for name, (role, hospitals) in _PEOPLE.items():
            world.add_user(app, role, hospitals, f"{name}@clinic.org")
        with app.app_context():
            ids = {user.email.partition("@")[0]: user.id for user in db.session.scalars(select(User))}
        yield Office(app, ids)


@pytest.fixture
def office(made: Office) -> Office:
    """People who have followed nothing up yet."""
    with connect("owner") as connection:
        connection.execute("set local session_replication_role = 'replica'")
        connection.execute("truncate portal.follow_ups, portal.idempotency_keys restart identity")
    return made
