"""The published world, new for every test, with a provider of H1, a manager of two, a provider of H2 and somebody without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import fresh_database
from tests.portal import world
from warehouse.engine import connect

PEOPLE = {
    "provider": ("provider", ("H1",), ["D1"]),
    "manager": ("practice_manager", ("H1",), ["D1", "D2"]),
    "other": ("provider", ("H1",), ["D2"]),
    "abroad": ("provider", ("H2",), ["D1"]),
    "viewer": ("viewer", ("H1",), []),
    "super_admin": ("super_admin", (), []),
}
_TABLES = "portal.user_case_log, portal.case_log_uploads, portal.case_log_decisions, portal.idempotency_keys"


@pytest.fixture(scope="module")
def app(server: str, published_world: str) -> Iterator[Flask]:
    """The portal on a copy of the world of this module's own."""
    for _ in fresh_database(server, published_world):
        made = world.make_app()
        for name, (role, hospitals, providers) in PEOPLE.items():
            world.add_user(made, role, hospitals, f"{name}@clinic.org", providers)
        yield made


@pytest.fixture(scope="module")
def browsers(app: Flask) -> dict[str, FlaskClient]:
    """Browsers that are signed in already."""
    return {}


@pytest.fixture
def client(app: Flask, browsers: dict[str, FlaskClient]) -> Callable[[str], FlaskClient]:
    """Sign in: ``client("provider")``. No log is there yet."""
    with connect("owner") as connection:
        connection.execute(f"truncate {_TABLES} restart identity cascade".encode())
        connection.commit()

    def browser(name: str) -> FlaskClient:
        if name not in browsers:
            browsers[name] = world.sign_in(app, f"{name}@clinic.org")
        return browsers[name]

    return browser


@pytest.fixture
def owner_rows(app: Flask) -> Callable[[str], list[tuple[Any, ...]]]:
    """Read as the owner."""

    def read(query: str) -> list[tuple[Any, ...]]:
        with connect("owner") as connection:
            return connection.execute(query.encode()).fetchall()

    return read


@pytest.fixture
def _no_disputes(app: Flask) -> None:
    """Forget disputes and filing days."""
    with connect("owner") as connection:
        connection.execute("truncate portal.disputes, portal.filing_limits restart identity cascade")
        connection.commit()
