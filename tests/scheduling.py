"""How tests are spread over processes: by file, and folders that share something expensive as a whole.

pytest-xdist's own groups (``--dist loadgroup``) do nothing under pytest 9.2, which derives a test's id anew.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# One site with a published group; one warehouse built by dbt; the real data sets, each loaded once; one warehouse to operate on;
# one published world behind the portal.
_TOGETHER = (
    "tests/browser/",
    "tests/warehouse/dbt/",
    "tests/integration/real_data/",
    "tests/integration/operations/",
    "tests/portal/",
)
# What takes longest goes first and what takes seconds last, so that both processes end at about the same time.
_FIRST = (
    "tests/warehouse/dbt/",
    "tests/portal/",
    "tests/integration/operations/",
    "tests/scripts/test_demo.py",
    "tests/browser/",
    "tests/scripts/test_chaos.py",
    "tests/integration/real_data/",
    *(
        f"tests/integration/pipeline/test_{name}.py"
        for name in ("killed", "publish", "run", "closing", "history", "worker")
    ),
    "tests/integration/pipeline/",
    "tests/integration/",
    "tests/scripts/",
)


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives whole files to a process, and some whole folders."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return what a test stays together with: its folder or its file."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in _TOGETHER if file.startswith(folder)), file)


def place_of(nodeid: str) -> int:
    """Return the place of a test's folder or file in the queue; within one, the order stays."""
    return next((place for place, folder in enumerate(_FIRST) if nodeid.startswith(folder)), len(_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long folders and files first."""
    items.sort(key=lambda item: place_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Take over for ``--dist loadfile``, which ``scripts/test`` asks for."""
    if config.getoption("dist") != "loadfile":
        return None
    # pytest-xdist would begin with the files of most tests, and end with the few that take longest.
    config.option.loadscopereorder = False
    return FolderScheduling(config, log)
