"""How tests are spread over processes: by file, and folders that share something expensive as a whole.

pytest-xdist's own groups (``--dist loadgroup``) do nothing under pytest 9.2, which derives a test's id anew.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# One site with a published group; one warehouse built by dbt; the real data sets, each loaded once.
_TOGETHER = ("tests/browser/", "tests/warehouse/dbt/", "tests/integration/real_data/")


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives whole files to a process, and some whole folders."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what a test stays together with: its folder or its file."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Take over for ``--dist loadfile``, which ``scripts/test`` asks for."""
    return FolderScheduling(config, log) if config.getoption("dist") == "loadfile" else None
