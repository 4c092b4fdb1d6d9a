"""Logins of their own for the database roles of a published warehouse: none can go back to the owner's rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from warehouse import migrate
from warehouse.engine import connect

PASSWORD = "logins"
# Name of the login, and the role that it is in.
ROLES = {"try_portal": "daybook_portal", "try_analyst": "daybook_analyst", "try_nobody": None}


@dataclass(frozen=True)
class Logins:
    """Connections as the logins; the analyst's hospital is H2."""

    dsn: str

    @contextmanager
    def open(self, login: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect as a login."""
        with psycopg.connect(self.dsn, user=login, password=PASSWORD) as connection:
            yield connection

    def refusal(self, login: str, *statements: str) -> str | None:
        """Return by which error the last of some statements is refused, None if it is not. Nothing stays."""
        with self.open(login) as connection:
            try:
                for statement in statements:
                    connection.execute(statement)
            except psycopg.Error as error:
                return type(error).__name__
            finally:
                connection.rollback()
        return None


@contextmanager
def logins() -> Iterator[Logins]:
    """Make the logins for the database of ``DATABASE_URL``, with the grants that migrating sets."""
    migrate.upgrade()  # a copied database has not all of them
    with connect("owner", autocommit=True) as owner:
        for name, role in ROLES.items():
            owner.execute(f"drop role if exists {name}")
            owner.execute(
                f"create role {name} login password '{PASSWORD}' inherit" + (f" in role {role}" if role else "")
            )
        owner.execute("insert into ops.analyst_hospitals values ('try_analyst', 'H2')")
        try:
            yield Logins(owner.info.dsn)
        finally:
            for name in ROLES:
                owner.execute(f"drop role {name}")
