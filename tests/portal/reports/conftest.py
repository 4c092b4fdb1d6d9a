"""One portal for all report tests: real marts of the hand-checked world, users of several roles, nothing written but audit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from tests.portal.reports_world import environment

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
def reports_app(reports_database: str) -> Flask:
    """The portal on that database, with the users of ``USERS`` (``<name>@clinic.org``)."""
    with environment(reports_database):
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

    with environment(reports_database):
        yield browser


@pytest.fixture
def browser(
    request: pytest.FixtureRequest, signed_in: dict[str, FlaskClient], reports_database: str
) -> Iterator[Callable[[str, bool], FlaskClient]]:
    """Sign in: ``browser("accountant", True)`` looks at the world in which something was decided since the build."""
    with contextlib.ExitStack() as entered:

        def visit(name: str, decided: bool) -> FlaskClient:
            url, app = request.getfixturevalue("decided_app") if decided else (reports_database, None)
            entered.enter_context(environment(url))
            key = f"{name}, decided" if decided else name
            if key not in signed_in:
                found = app or request.getfixturevalue("reports_app")
                signed_in[key] = world.sign_in(found, f"{name}@clinic.org")
            return signed_in[key]

        yield visit
