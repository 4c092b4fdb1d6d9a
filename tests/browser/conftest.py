"""One portal for the folder: sample data, a real run, users, web server and worker; one browser; a context for each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from scripts.demo_users import DemoUser, request_for
from scripts.sample_data.generator import generate
from scripts.session import start_portal
from scripts.supervise import Supervisor
from tests.browser.site import END, INVOICES, PASSWORD, SEED, USERS, Site, busiest_provider, email, launch, sign_in
from tests.scripts.test_demo import free_port
from warehouse.settings import ROOT


@pytest.fixture(scope="package")
def site(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The portal's address. Its database is a copy of the migrated template on this session's server."""
    folder = tmp_path_factory.mktemp("site")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database browser template {template} strategy file_copy")
    url = server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + "/browser"
    own = {
        "DATABASE_URL": url, "DAYBOOK_HOME": str(folder), "DAYBOOK_LOGIN_LIMIT": "1000 per minute",
        # A role signs in once: on a slow machine it is longer than a session's 15 minutes until its next test.
        "DAYBOOK_SESSION_MINUTES": "600", "DAYBOOK_FRESH_MINUTES": "600",
    }  # fmt: skip
    supervisor = Supervisor(dict(os.environ) | own, ROOT)
    try:
        generate(folder / "sample", seed=SEED, end=END, invoices=INVOICES)
        environment, port = dict(os.environ) | own, free_port()
        site = Site(f"http://127.0.0.1:{port}", environment, folder / "sample")
        assert site.run(site.source) == 0
        _create_users(environment)
        start_portal(supervisor, "127.0.0.1", port)
        yield site
    finally:
        supervisor.stop()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("drop database browser with (force)")


def _create_users(environment: dict[str, str]) -> None:
    linked = {"provider": (busiest_provider(),)}
    users = [DemoUser(email(role), role, hospitals, linked.get(role, ())) for role, hospitals in USERS.items()]
    subprocess.run(
        [sys.executable, "-m", "scripts.demo_users"], input=request_for(users, PASSWORD), env=environment, cwd=ROOT,
        text=True, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real browser without a window. It ends with this folder: its event loop would be in the way of other tests."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="package")
def cookies(browser: Browser, site: Site) -> Callable[[str], list[Any]]:
    """The cookies of a role's user after signing in, once a session."""

    @cache
    def of(role: str) -> list[Any]:
        with browser.new_context() as context:
            sign_in(context, site, role)
            return list(context.cookies())

    return of


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A person's browser: no cookies yet. Fails the test when a page reports an error in its console."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, locale="en-US")
    fresh.set_default_timeout(15_000)
    problems: list[str] = []
    fresh.on("weberror", lambda error: problems.append(str(error.error)))
    fresh.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield fresh
    fresh.close()
    assert not [problem for problem in problems if "Failed to load resource" not in problem]


@pytest.fixture
def signed_in(context: BrowserContext, site: Site, cookies: Callable[[str], list[Any]]) -> Callable[[str], Page]:
    """A function that gives a page of a signed-in user, by role, at Reports home."""

    def open_home(role: str) -> Page:
        context.add_cookies(cookies(role))
        page = context.new_page()
        page.goto(site.url("/staff/reports"))
        return page

    return open_home


@pytest.fixture
def browser_without_scripts(signed_in: Callable[[str], Page]) -> Page:
    """A viewer's page to which no script comes."""
    page = signed_in("viewer")
    page.route("**/*.js", lambda route: route.abort())
    return page
