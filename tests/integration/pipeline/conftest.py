"""A warehouse in which the small source is published already, built once and copied for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import admin, fresh_database
from tests.integration.pipeline.small_source import DAY, write_source
from tests.integration.pipeline.support import run, with_data_tests, without_data_tests


@pytest.fixture(autouse=True)
def models_alone() -> Iterator[None]:
    """Runs of this test leave dbt's data tests out; ``without_data_tests`` says why."""
    with without_data_tests():
        yield


@pytest.fixture
def data_tests(models_alone: None) -> Iterator[None]:
    """For the tests whose runs are whole: every model, every data test, every gate."""
    with with_data_tests():
        yield


@pytest.fixture(scope="session")
def published_template(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database whose build 1 is the small source at ``DAY``."""
    name = "template_published"
    admin(server, f"drop database if exists {name}")
    for url in fresh_database(server, template):
        with without_data_tests():  # made by whichever test asks first
            run(write_source(tmp_path_factory.mktemp("small")), DAY)
        origin = url.rsplit("/", 1)[1]
        admin(server, f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{origin}'")
        admin(server, f"create database {name} template {origin}")
    return name


@pytest.fixture
def published_database(server: str, published_template: str) -> Iterator[str]:
    """A database of its own in which build 1 is live; ``DATABASE_URL`` names it while the test runs."""
    yield from fresh_database(server, published_template)
