"""Warehouses to operate on: a published one with users and audit records, and a folder of backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh_database
from tests.integration.operations.support import audit, people
from tests.integration.pipeline.conftest import models_alone, published_database, published_template  # noqa: F401 - fixtures
from tests.integration.pipeline.test_alerts import received  # noqa: F401 - fixture


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of backups, empty; ``DAYBOOK_BACKUPS`` names it."""
    monkeypatch.setenv("DAYBOOK_BACKUPS", str(tmp_path / "backups"))
    return tmp_path / "backups"


@pytest.fixture
def warehouse(server: str, published_template: str, folder: Path) -> Iterator[str]:  # noqa: F811 - the fixture
    """A warehouse of its own with build 1 live, two users, a token each, and three audit records."""
    for url in fresh_database(server, published_template):
        people("ada@example.org", "bo@example.org")
        audit("view", "view", "export")
        yield url
