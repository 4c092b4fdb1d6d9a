"""A portal with three years of a made-up group, nothing written but audit and snapshots."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from tests.portal.forecast.years import publish_years

SignIn = Callable[[str], FlaskClient]
USERS = {
    "super_admin": ("super_admin", (), ()),
    "viewer": ("viewer", ("H1",), ()),
    "accountant": ("accountant", ("H1", "H2"), ()),
    "provider": ("provider", ("H1",), ("P1",)),
    "beginner": ("provider", ("H1",), ("P2",)),
    "nobody": ("provider", ("H1",), ("P9",)),
    "practice_manager": ("practice_manager", ("H1",), ("P1", "P2")),
    "hospital_admin": ("hospital_admin", ("H2",), ()),
    "auditor": ("auditor", ("H1",), ()),
}


@pytest.fixture(scope="module")
def years(module_database: str) -> Flask:
    """The portal, with users of several roles."""
    os.environ["DATABASE_URL"] = module_database
    world.reset()
    publish_years()
    app = world.make_app()
    for name, (role, hospitals, providers) in USERS.items():
        world.add_user(app, role, hospitals, f"{name}@clinic.org", providers)
    return app


@pytest.fixture(scope="module")
def signed_in() -> dict[str, FlaskClient]:
    """Who is signed in already."""
    return {}


@pytest.fixture
def client(years: Flask, signed_in: dict[str, FlaskClient]) -> SignIn:
    """Sign in: ``client("provider")`` is a browser of that user."""

    def browser(name: str) -> FlaskClient:
        if name not in signed_in:
            signed_in[name] = world.sign_in(years, f"{name}@clinic.org")
        return signed_in[name]

    return browser
