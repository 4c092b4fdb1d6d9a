"""One portal for all report tests: real marts of the hand-checked world, users of several roles, nothing written but audit."""

from __future__ import annotations

import contextlib
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
from tests.portal.write_offs.desk import open_desk
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
def decided_app(server: str, published_world: str) -> Iterator[tuple[str, Flask]]:
    """URL of a copy of it and its portal, after decisions about write-offs that the shown build does not hold."""
    before = os.environ.get("DATABASE_URL")
    for url in fresh_database(server, published_world):
        with open_desk() as desk:
            for invoice, amount in (("I10", "40.00"), ("I02", "30.00")):
                desk.decide(desk.ask(invoice, amount))
            desk.decide(desk.ask("I06", "12.34", "CHARITY_CARE"), "reject")
            desk.ask("I09", "7.50")
            world.add_user(desk.app, *USERS["accountant_both"], "accountant_both@clinic.org")
        yield url, desk.app
        _restore(before)


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
def browser(
    request: pytest.FixtureRequest, signed_in: dict[str, FlaskClient], reports_database: str
) -> Iterator[Callable[[str, bool], FlaskClient]]:
    """Sign in: ``browser("accountant", True)`` looks at the world in which something was decided since the build."""
    with contextlib.ExitStack() as environment:

        def visit(name: str, decided: bool) -> FlaskClient:
            url, app = request.getfixturevalue("decided_app") if decided else (reports_database, None)
            environment.enter_context(_environment(url))
            key = f"{name}, decided" if decided else name
            if key not in signed_in:
                found = app or request.getfixturevalue("reports_app")
                signed_in[key] = world.sign_in(found, f"{name}@clinic.org")
            return signed_in[key]

        yield visit


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
