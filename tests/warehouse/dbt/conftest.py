"""One database for all: the hand-checked world and some random ledgers, built once with every dbt test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import fresh_database
from tests.warehouse import closes, decided, deliveries, world
from tests.warehouse.dbt import ledgers
from tests.warehouse.dbt.builds import dbt


@dataclass(frozen=True)
class Built:
    """A built warehouse: its URL, dbt's state folder, and what became of each node."""

    url: str
    state: Path
    statuses: dict[str, str]

    def connect(self) -> psycopg.Connection[Any]:
        """Open a connection as the owner that finds the marts without a schema name."""
        plain = self.url.replace("postgresql+psycopg://", "postgresql://")
        return psycopg.connect(plain, options="-c search_path=candidate,intermediate,staging -c timezone=UTC")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()


@pytest.fixture(scope="session")
def built(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The world and the random ledgers, built by ``dbt build``."""
    state = tmp_path_factory.mktemp("dbt")
    for url in fresh_database(server, template):
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            deliveries.load(
                connection,
                [
                    *world.DELIVERIES[:-1], *ledgers.DELIVERIES[:-1], *decided.DELIVERIES[:-1],
                    world.DELIVERIES[-1], ledgers.DELIVERIES[-1], decided.DELIVERIES[-1],
                ],
                {
                    **world.BUSINESS_DATES, ledgers.HOSPITAL: ledgers.BUSINESS_DATE,
                    decided.HOSPITAL: decided.BUSINESS_DATE,
                },
            )  # fmt: skip
            decided.load(connection)
            closes.load(connection, closes.CLOSES)
        statuses = dbt(url, state, "build")
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("grant usage on schema candidate to daybook_portal, daybook_analyst")
        yield Built(url, state, statuses)
