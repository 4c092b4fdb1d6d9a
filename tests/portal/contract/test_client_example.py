"""docs/examples/client.py against a portal that listens: it pages, asks only for what changed, waits when told to."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.portal import world
from tests.portal.contract.conftest import Portal

_EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "client.py"


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("daybook_client", _EXAMPLE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["daybook_client"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["daybook_client"]


@contextmanager
def _listening(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def address(portal: Portal) -> Iterator[str]:
    """Where the portal listens."""
    with _listening(portal.app) as url:
        yield url


def test_it_pages_through_a_list(example: ModuleType, portal: Portal, address: str) -> None:
    client = example.Client(address, portal.tokens["accountant"])
    whole = list(client.open_invoices())
    assert whole == list(client.open_invoices(limit=2))
    assert sum(invoice.amount_due for invoice in whole) == Decimal("1110.50")
    assert (whole[0].invoice_id, whole[0].amount_due, whole[0].days_overdue) == ("I10", Decimal("340.00"), 91)


def test_what_has_not_changed_is_not_sent_again(example: ModuleType, portal: Portal, address: str) -> None:
    client = example.Client(address, portal.tokens["accountant"])
    first = client.get("/reports/revenue", startDate="2026-01-01", endDate="2026-01-31")
    assert client.get("/reports/revenue", startDate="2026-01-01", endDate="2026-01-31") is first
    answers = [record["status_code"] for record in world.audit_records() if "revenue" in record["resource_type"]]
    assert answers[-2:] == [200, 304]
    assert client.get("/reports/revenue", startDate="2026-02-01", endDate="2026-02-28").data != first.data


def test_a_refusal_says_what_is_wrong(example: ModuleType, portal: Portal, address: str) -> None:
    client = example.Client(address, portal.tokens["viewer"])
    with pytest.raises(example.ApiError, match="400 bad_request") as refused:
        client.get("/reports/revenue", startDate="yesterday")
    assert list(refused.value.fields) == ["startDate"]
    with pytest.raises(example.ApiError, match="403 forbidden"):
        list(client.open_invoices())
    with pytest.raises(example.ApiError, match="401 unauthorized"):
        example.Client(address, "daybook_nobody").get("/me")


def test_it_waits_as_long_as_it_is_told_when_it_asks_too_much(example: ModuleType, portal: Portal) -> None:
    app = world.make_app(API_LIMIT="2 per hour")
    (limiter,) = app.extensions["limiter"]
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        with app.app_context():
            limiter.reset()

    with _listening(app) as address:
        client = example.Client(address, portal.tokens["viewer"], wait)
        assert [client.get(f"/{name}").meta["buildId"] for name in ("freshness", "freshness", "me")] == [1, 1, 1]
    assert len(waited) == 1 and 3500 <= waited[0] <= 3601


def test_it_tries_again_while_the_portal_is_not_available(example: ModuleType, portal: Portal) -> None:
    app: Any = world.make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody:x@127.0.0.1:9/none")
    waited: list[float] = []
    with _listening(app) as address:
        client = example.Client(address, portal.tokens["viewer"], waited.append)
        with pytest.raises(example.ApiError, match="503 "):
            client.get("/freshness")
    assert len(waited) == 4 and all(0 < seconds <= 61 for seconds in waited)


def test_newer_figures_in_the_middle_of_a_list_are_noticed(
    example: ModuleType, portal: Portal, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = example.Client(address, portal.tokens["accountant"])
    rows = client.rows("/reports/outstanding", limit=1)
    next(rows)
    get = client.get

    def later(path: str, **parameters: object) -> Any:
        answer = get(path, **parameters)
        return example.Answer(answer.data, answer.meta | {"buildId": 2}, answer.pagination)

    monkeypatch.setattr(client, "get", later)
    with pytest.raises(example.ApiError, match="new_build"):
        next(rows)


def test_the_command_prints_what_is_overdue_longest(
    example: ModuleType,
    portal: Portal,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["client.py", address])
    monkeypatch.setenv("DAYBOOK_TOKEN", portal.tokens["accountant"])
    example.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["I10", "91", "days", "340.00"] and lines[1].split() == ["Total", "340.00"]
