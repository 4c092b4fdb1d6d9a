"""One portal for all report tests: real marts of the hand-checked world, users of several roles, nothing written but audit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.reports_world import add_identity
from warehouse import engine

PROVIDERS = {"provider": ["D1"], "provider_h2": ["D1"], "practice_manager": ["D1", "D2"]}
USERS = {
    "super_admin": ("super_admin", ()),
    "provider": ("provider", ("H1",)),
    "provider_h2": ("provider", ("H2",)),
    "practice_manager": ("practice_manager", ("H1",)),
    "viewer": ("viewer", ("H1",)),
    "patient_accounts": ("patient_accounts", ("H1",)),
    "accountant": ("accountant", ("H1",)),
    "accountant_h2": ("accountant", ("H2",)),
    "admin": ("hospital_admin", ("H1",)),
    "accountant_both": ("accountant", ("H1", "H2")),
}


@pytest.fixture(scope="session")
def reports_database(server: str, published_world: str) -> Iterator[str]:
    """URL of a database in which the hand-checked world is published."""
    before = os.environ.get("DATABASE_URL")
    for url in fresh_database(server, published_world):
        add_identity(
            "H1", "P01", first_name="Maria", last_name="L\u00f3pez", date_of_birth="1950-02-03", phone="555 010 2030"
        )
        add_identity("H1", "P20", first_name="Maria", last_name="Jones", date_of_birth="1999-05-06")
        add_identity("H2", "P01", first_name="Maria", last_name="L\u00f3pez", date_of_birth="1980-01-01")
        yield url
        _restore(before)


@pytest.fixture(scope="session")
def reports_app(reports_database: str) -> Flask:
    """The portal on that database, with the users of ``USERS`` (``<name>@clinic.org``)."""
    with _environment(reports_database):
        app = world.make_app()
        for name, (role, hospitals) in USERS.items():
            world.add_user(app, role, hospitals, f"{name}@clinic.org", PROVIDERS.get(name, ()))
        return app


@pytest.fixture(scope="session")
def signed_in(reports_app: Flask) -> dict[str, FlaskClient]:
    """Browsers that are signed in already: a password hash takes its time on purpose."""
    return {}


@pytest.fixture
def client(
    reports_app: Flask, reports_database: str, signed_in: dict[str, FlaskClient]
) -> Iterator[Callable[[str], FlaskClient]]:
    """Sign in: ``client("accountant")`` is a browser of that user."""

    def browser(name: str) -> FlaskClient:
        if name not in signed_in:
            signed_in[name] = world.sign_in(reports_app, f"{name}@clinic.org")
        return signed_in[name]

    with _environment(reports_database):
        yield browser


@pytest.fixture
def marts(reports_database: str) -> Iterator[Callable[[str], Connection]]:
    """Open the live build as the portal's role with the row policies of some hospitals: ``marts("H1,H2")``."""
    opened: list[Connection] = []

    def connect(hospitals: str) -> Connection:
        connection = engine.engine("portal").connect()
        opened.append(connection)
        connection.execute(
            text(
                "select set_config('search_path', 'marts_b1', true), set_config('daybook.hospitals', :names, true),"
                " set_config('daybook.build', '1', true)"
            ),
            {"names": hospitals},
        )
        return connection

    with _environment(reports_database):
        yield connect
        for connection in opened:
            connection.close()


@contextmanager
def _environment(url: str) -> Iterator[None]:
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = url
    engine.engine.cache_clear()
    yield
    engine.engine.cache_clear()
    _restore(before)


def _restore(url: str | None) -> None:
    os.environ.pop("DATABASE_URL", None)
    if url:
        os.environ["DATABASE_URL"] = url
