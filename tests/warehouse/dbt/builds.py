"""Runs dbt, in process, against the database that ``DATABASE_URL`` names."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

from dbt.cli.main import dbtRunner
from sqlalchemy import make_url

from warehouse.settings import ROOT

PROJECT = ROOT / "dbt_project"


def dbt(url: str, state: Path, *arguments: str, project: Path = PROJECT) -> dict[str, str]:
    """Run a dbt command on the database at ``url``; return the status of each node by its name.

    Raises:
        AssertionError: if dbt could not start.
    """
    database = make_url(url)
    environment = {
        "DAYBOOK_DBT_HOST": str(database.host),
        "DAYBOOK_DBT_PORT": str(database.port),
        "DAYBOOK_DBT_USER": str(database.username),
        "DAYBOOK_DBT_PASSWORD": str(database.password),
        "DAYBOOK_DBT_NAME": str(database.database),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    common = [
        "--project-dir", str(project), "--profiles-dir", str(ROOT), "--target-path", str(state / "target"),
        "--log-path", str(state / "logs"), "--quiet", "--no-use-colors", "--no-version-check",
    ]  # fmt: skip
    with mock.patch.dict(os.environ, environment):
        outcome = dbtRunner().invoke([*arguments, *common])
    assert outcome.exception is None, outcome.exception
    return {result.node.name: f"{result.status.value}: {result.message}" for result in outcome.result.results}


def failures(statuses: dict[str, str]) -> dict[str, str]:
    """Return what neither succeeded nor passed; of an exposure there is nothing to do."""
    return {name: status for name, status in statuses.items() if not status.startswith(("success", "pass", "no-op"))}
