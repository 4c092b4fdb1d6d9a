"""A warehouse of its own for every test."""

from collections.abc import Iterator

import pytest

from tests.integration.landing.world import Warehouse
from warehouse import engine


@pytest.fixture
def warehouse(database: str) -> Iterator[Warehouse]:
    """A migrated, empty warehouse, connected as the pipeline's role."""
    with engine.connect("etl") as connection:
        yield Warehouse(connection)
