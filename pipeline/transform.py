"""dbt, in process: builds and tests the candidate, writes its documentation, and its results read as ours.

dbt reports success when a selection is empty, and a failed test like any other node: so results are counted, and a
failed test (a gate) is told apart from a model that could not be built (an error).
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from pipeline.errors import BuildError
from warehouse.engine import url_for
from warehouse.settings import ROOT, home

# Every model, seed and data test. Unit tests are of the models, not of the data: no run asks them again.
BUILD = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure")
# Tests whose rows hold keys only (dbt_project/tests/generic).
_TESTS_OF_KEYS = ("primary_key", "filled", "foreign_keys")


@dataclass(frozen=True)
class FailedTest:
    """A dbt test that found rows.

    Attributes:
        name: the test's own name.
        model: the table it stands on.
        failures: how many rows it found.
        message: dbt's sentence.
        keys: for tests of keys, the query that finds what fails: column names, keys, counts; nothing else of a row.
    """

    name: str
    model: str
    failures: int
    message: str
    keys: str | None = None


@dataclass(frozen=True)
class TransformResult:
    """What dbt did: how many models and tests ran, and which tests failed."""

    models: int
    tests: int
    failed: tuple[FailedTest, ...]


def build_candidate(on_node: Callable[[str, str], None] | None = None) -> TransformResult:
    """Build every model into ``candidate`` and run every data test.

    Args:
        on_node: told ``(name, status)`` as each node finishes.

    Raises:
        BuildError: if a model or seed cannot be built, or nothing was built at all.
    """
    result = _invoke(BUILD, on_node)
    models = [r for r in result if r.node.resource_type.value in ("model", "seed")]
    tests = [r for r in result if r.node.resource_type.value == "test"]
    broken = [r for r in models if r.status.value == "error"] + [r for r in tests if r.status.value == "error"]
    if broken:
        first = broken[0]
        reason = " ".join(str(first.message).split())[:600]
        raise BuildError(f"dbt could not build {first.node.name}: {reason}")
    failed = tuple(
        FailedTest(r.node.name, _tested_model(r.node), int(r.failures or 0), str(r.message), _keys(r.node))
        for r in tests
        if r.status.value == "fail"
    )
    built = sum(1 for r in models if r.status.value == "success")
    if not built:
        raise BuildError("dbt built nothing: the project has no models, or none was selected.")
    if not failed and any(r.status.value == "skipped" for r in models):
        raise BuildError("dbt skipped models although nothing failed; see its log in the state folder.")
    return TransformResult(built, len(tests), failed)


def write_docs(folder: Path) -> Path:
    """Write dbt's documentation of the project and of the published marts into ``folder``; return its one page.

    Raises:
        BuildError: if dbt cannot read the project or the warehouse.
    """
    _invoke(["docs", "generate", "--static", "--target", "docs"], None, folder)
    return folder / "static_index.html"


def _invoke(
    arguments: Sequence[str], on_node: Callable[[str, str], None] | None, target: Path | None = None
) -> list[Any]:
    from dbt.cli.main import dbtRunner  # takes seconds to import: only a run that builds pays

    state = home() / "dbt"
    log = _log(state / "logs")

    def callback(event: Any) -> None:
        if event.info.level in ("warn", "error"):
            log.warning(event.info.msg)
        if on_node and event.info.name == "NodeFinished":
            node = event.data.node_info
            on_node(node.node_name, node.node_status)

    common = [
        "--project-dir", str(ROOT / "dbt_project"), "--profiles-dir", str(ROOT), "--target-path", str(target or state / "target"),
        "--log-path", str(state / "logs"), "--no-use-colors", "--write-json" if target else "--no-write-json",
        "--log-level", "none", "--log-level-file", "none", "--no-version-check", "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    output = io.StringIO()
    with _environment(_connection_settings()), contextlib.redirect_stdout(output):
        outcome = dbtRunner(callbacks=[callback]).invoke([*arguments, *common])
    for handler in log.handlers:
        handler.close()
    if outcome.exception is not None:
        reason = " ".join(str(outcome.exception).split())[:600]
        raise BuildError(f"dbt stopped: {reason}")
    return list(getattr(outcome.result, "results", ()))


def _log(folder: Path) -> logging.Logger:
    """Where dbt's warnings and errors go. Its own logs make a line of every event, and only then look whether it is one."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "dbt.log", maxBytes=10_000_000, backupCount=5, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("daybook.dbt")
    log.propagate = False
    log.handlers = [handler]
    return log


def _connection_settings() -> dict[str, str]:
    url = url_for("etl")
    ssl = url.query.get("sslmode", "prefer")
    return {
        "DAYBOOK_DBT_HOST": url.host or "127.0.0.1",
        "DAYBOOK_DBT_PORT": str(url.port or 5432),
        "DAYBOOK_DBT_USER": url.username or "",
        "DAYBOOK_DBT_PASSWORD": url.password or "",
        "DAYBOOK_DBT_NAME": url.database or "",
        "DAYBOOK_DBT_SSLMODE": ssl if isinstance(ssl, str) else ssl[0],
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _tested_model(node: Any) -> str:
    attached = getattr(node, "attached_node", None) or (node.depends_on.nodes or ["?"])[0]
    return str(attached).rsplit(".", 1)[-1]


def _keys(node: Any) -> str | None:
    metadata = getattr(node, "test_metadata", None)  # an integrity test of ours has none
    return str(node.compiled_code) if metadata and metadata.name in _TESTS_OF_KEYS else None
