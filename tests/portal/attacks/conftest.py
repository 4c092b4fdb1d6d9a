"""One portal on a copy of the published world that these tests may write in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import fresh_database
from tests.portal.attacks.target import Target


@pytest.fixture(scope="package")
def target(server: str, published_world: str) -> Iterator[Target]:
    """The portal with people of every role at hospital H1."""
    for _ in fresh_database(server, published_world):
        yield Target.with_people()
