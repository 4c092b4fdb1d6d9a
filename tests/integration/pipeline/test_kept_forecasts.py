"""The worker has the portal keep its forecasts after each publication, and tries again when that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from pipeline import worker
from tests.portal.forecast.years import BUSINESS_DATE, publish_years
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("database")


class _DoneError(Exception):
    """The builds of a test are over."""


def _rounds(monkeypatch: pytest.MonkeyPatch, builds: list[int | None], outcomes: Iterator[bool]) -> list[float]:
    """Let the worker's task see these builds, one a round; returns for how long it waited after each."""
    seen, waits = iter(builds), []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == len(builds):
            raise _DoneError

    monkeypatch.setattr(worker, "_live_build", lambda: next(seen))
    monkeypatch.setattr(worker, "after_publication", lambda: next(outcomes))
    monkeypatch.setattr(worker.asyncio, "sleep", sleep)
    with pytest.raises(_DoneError):
        asyncio.run(worker._keep_forecasts())
    return waits


def test_forecasts_are_kept_once_for_each_build(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([True, True])
    assert _rounds(monkeypatch, [None, 1, 1, 2, 2], outcomes) == [60.0] * 5
    assert list(outcomes) == []  # build 1 and build 2


def test_what_failed_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = iter([False, True])
    assert _rounds(monkeypatch, [1, 1, 1], outcomes) == [600.0, 60.0, 60.0]
    assert list(outcomes) == []


def test_a_published_build_gets_its_forecasts_by_the_portals_command() -> None:
    assert worker.keep_forecasts()  # nothing is published: nothing to do
    publish_years()
    assert worker._live_build() == 1
    assert worker.keep_forecasts()
    with connect("owner") as connection:
        kept = connection.execute(
            "select distinct hospital_id, created_date, build_id from portal.forecast_snapshots order by 1"
        ).fetchall()
    assert kept == [("H1", BUSINESS_DATE, 1), ("H2", BUSINESS_DATE, 1)]


def test_a_portal_that_cannot_start_is_told_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAYBOOK_POOL_SIZE", "many")
    assert not worker.keep_forecasts()
    said = capfd.readouterr()
    assert "the portal could not do its part" in said.out + said.err
    assert "DAYBOOK_POOL_SIZE" in said.out + said.err


def test_case_logs_are_verified_and_exports_queued_after_a_publication_too(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(worker, "keep_forecasts", lambda: bool(done.append("forecasts")))
    monkeypatch.setattr(worker, "_portal", lambda *words: not done.append(" ".join(words)))
    assert not worker.after_publication()  # forecasts failed, and the rest was done all the same
    assert done == ["forecasts", "case-logs verify", "export-jobs due"]
