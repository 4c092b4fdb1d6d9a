"""The published world with people who ask for write-offs and people who decide them, new for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.portal.write_offs.desk import Desk, open_desk
from warehouse.engine import connect


@pytest.fixture
def desk(world_database: str) -> Iterator[Desk]:
    """People of H1: an accountant, an administrator, and another one; and one of H2."""
    with open_desk() as opened:
        yield opened


@pytest.fixture
def owner_rows(world_database: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Read as the owner."""

    def read(query: str) -> list[tuple[Any, ...]]:
        with connect("owner") as connection:
            return connection.execute(query).fetchall()

    return read
