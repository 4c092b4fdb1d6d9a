"""Asking for write-offs and deciding them as people of a hospital do, without pages between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal import builds
from portal.models import User, db
from portal.queries import ledger
from portal.queries.decided import shown_balance
from portal.services import write_offs
from portal.services.audit import Entry
from portal.services.write_off_rules import Wanted
from portal.services.write_offs import Decider
from tests.portal import world
from warehouse.engine import connect

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)  # 31 March in New York, where H1 keeps its books
SMALL = Decimal("25.00")


@dataclass
class Desk:
    """Asking and deciding as people of H1 do, without pages between."""

    app: Flask
    people: dict[str, int] = field(default_factory=dict)

    def decider(self, name: str, limit: str | None = None) -> Decider:
        """The person called ``name``."""
        hospitals = ("H2",) if name == "abroad" else ("H1",)
        return Decider(self.people[name], hospitals, Decimal(limit) if limit else None)

    def invoice(self, number: str) -> ledger.Invoice:
        """The invoice of H1 with this number."""
        with db.engine.begin() as connection:
            builds.pin_newest(connection, ("H1",))
            return ledger.invoices(connection, number)[0]

    def ask(self, invoice: str, amount: str, category: str = "BAD_DEBT", by: str = "accountant", **more: Any) -> int:
        """Ask for a write-off; return its number."""
        wanted = Wanted(Decimal(amount), category, more.pop("reason", "agreed"), more.pop("notes", None))
        entry = Entry(str(self.people[by]), "write_off_request", "write_off")
        now = more.get("now", NOW)
        return write_offs.request(self.invoice(invoice), wanted, self.decider(by), SMALL, now, entry)

    def decide(
        self,
        number: int,
        how: str = "approve",
        by: str = "admin",
        limit: str | None = None,
        now: datetime = NOW,
        notes: str | None = None,
    ) -> None:
        """Decide a request."""
        entry = Entry(str(self.people[by]), f"write_off_{how}", "write_off")
        getattr(write_offs, how)(number, notes, self.decider(by, limit), now, entry)

    def take_back(self, number: int, by: str = "accountant", now: datetime = NOW) -> int:
        """Ask for a write-off to be taken back."""
        entry = Entry(str(self.people[by]), "write_off_reverse", "write_off")
        return write_offs.request_reversal(number, "posted in error", self.decider(by), now, entry)

    def balance(self, invoice: str, as_of: date | None = None) -> str:
        """What is shown as open of an invoice."""
        key = self.invoice(invoice).invoice_key
        with db.engine.begin() as connection:
            builds.pin_newest(connection, ("H1",))
            return str(shown_balance(connection, key, as_of))

    def statuses(self) -> dict[int, str]:
        """The status of every request."""
        with connect("owner") as connection:
            return dict(connection.execute("select id, status from portal.write_offs").fetchall())


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A portal on the database of ``DATABASE_URL`` with an accountant, two administrators, and one of H2."""
    app = world.make_app()
    people = {"accountant": ("accountant", ("H1",)), "admin": ("hospital_admin", ("H1",)),
              "other": ("hospital_admin", ("H1",)), "abroad": ("hospital_admin", ("H2",))}  # fmt: skip
    for name, (role, hospitals) in people.items():
        world.add_user(app, role, hospitals, f"{name}@clinic.org")
    with app.app_context():
        ids = {user.email.partition("@")[0]: user.id for user in db.session.scalars(select(User))}
        db.session.remove()  # its transaction must not idle while runs come and go
        yield Desk(app, ids)
        db.engine.dispose()
