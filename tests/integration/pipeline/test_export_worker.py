"""The worker makes files that wait, by the portal's command, and says of those that were lost with a worker that they were."""

from __future__ import annotations

import asyncio

import pytest

from pipeline import worker
from tests.portal import world
from tests.portal.forecast.years import publish_years
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("database")
_STATES = "select status, problem from portal.export_log order by id"


def _work_off() -> None:
    """Do every job that waits, as ``etl.py worker`` does, and stop."""

    async def work() -> None:
        app = worker.job_queue()
        async with app.open_async():
            await asyncio.wait_for(app.run_worker_async(wait=False, install_signal_handlers=False), 300)

    asyncio.run(work())


def _asked_for() -> None:
    app = world.make_app()
    world.add_user(app, "accountant")
    browser = world.sign_in(app, "accountant@clinic.org")
    token = world.csrf_token(browser.get("/account").text)
    days = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
    form = {"csrf_token": token, "entity": "revenue", "format": "xlsx", "keep": "yes", **days}
    assert browser.post("/exports", data=form).status_code == 302


def _states() -> list[tuple[str, str | None]]:
    with connect("owner") as connection:
        return connection.execute(_STATES).fetchall()


def test_a_file_that_waits_is_made_and_kept() -> None:
    publish_years()
    _asked_for()
    assert _states() == [("waiting", None)]
    _work_off()
    assert _states() == [("finished", None)]
    with connect("etl") as connection:  # the role that attaches it to mails
        found = connection.execute("select content from portal.export_chunks where export_id = 1").fetchall()
    assert [bytes(content)[:2] for (content,) in found] == [b"PK"]


def test_nothing_is_due_without_a_build() -> None:
    result = world.make_app().test_cli_runner().invoke(args=["export-jobs", "due"])
    assert (result.exit_code, result.output) == (0, "Nothing is published yet: there is nothing to send.\n")


def test_a_file_that_the_portal_could_not_make_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_years()
    _asked_for()
    monkeypatch.setenv("DAYBOOK_POOL_SIZE", "many")
    _work_off()
    assert _states() == [("failed", worker._WHY_LOST)]
