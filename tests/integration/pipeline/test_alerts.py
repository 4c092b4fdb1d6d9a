"""Alerts reach real receivers: once per incident, and once when it is over, whatever is down meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import alerts
from pipeline.errors import DaybookError, GateFailedError
from pipeline.run import clear_dead_runs
from tests.integration.pipeline.receivers import MailServer, webhook
from tests.integration.pipeline.small_source import DAY, INVOICES, write_source
from tests.integration.pipeline.support import etl, query, run
from warehouse.engine import connect

pytestmark = pytest.mark.usefixtures("published_database")
_ALERTS = "select kind, delivered_at is not null, attempts, cardinality(delivered_to) from ops.alerts order by alert_id"


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a webhook received, in order."""
    with webhook() as (url, messages):
        monkeypatch.setenv("DAYBOOK_ALERT_URLS", url)
        yield messages


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that does not listen yet."""
    server = MailServer()
    yield server
    server.stop()


def _halted(folder: Path) -> None:
    bad = write_source(folder, invoices=[{**row, "total": "oops"} for row in INVOICES * 2])
    with pytest.raises(GateFailedError):
        run(bad, DAY)


def test_one_alert_for_an_incident_and_one_when_it_is_over(tmp_path: Path, received: list[dict[str, Any]]) -> None:
    _halted(tmp_path)
    _halted(tmp_path)
    assert len(received) == 1
    lines = received[0]["message"].splitlines()
    assert lines[0] == "Run 2 was halted by a gate at stage gate-landed."
    assert "Gate rejected_rows" in lines[1] and "main invoices" in lines[1]
    assert lines[2].startswith("Failing, with counts: ") and "rejected_rows (1)" in lines[2]
    assert lines[3].startswith("Rejected rows: 6, ")
    assert lines[4] == "The portal keeps build 1, of business date 2026-03-10."
    assert lines[5].startswith("Next: ") and "gate-halted.md" in lines[5]

    run(write_source(tmp_path), DAY)
    assert [message["title"] for message in received] == ["Daybook: a gate halted a run", "Daybook: recovered"]
    assert [message["type"] for message in received] == ["warning", "success"]
    run(write_source(tmp_path), DAY)
    assert len(received) == 2
    assert query(_ALERTS) == [("gate", True, 1, 1), ("recovery", True, 1, 1)]


def test_a_mail_server_that_was_down_gets_it_later_and_nobody_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail: MailServer
) -> None:
    with webhook() as (url, received):
        monkeypatch.setenv("DAYBOOK_ALERT_URLS", f"{url} {mail.url}")
        _halted(tmp_path)
        assert (len(received), query(_ALERTS)) == (1, [("gate", False, 1, 1)])
        assert "delivery failed" in query("select error from ops.alerts")[0][0]
        with connect("etl", autocommit=True) as connection:  # as the worker does every minute
            assert alerts.retry(connection) == 1
            mail.start()
            assert alerts.retry(connection) == 0
            assert alerts.retry(connection) == 0
        assert (len(received), query(_ALERTS)) == (1, [("gate", True, 3, 2)])
        ((subject, text),) = mail.texts()
        assert subject == "Daybook: a gate halted a run" and "Run 2 was halted" in text and "rejected_rows" in text


def test_what_nobody_took_is_told_before_the_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mail: MailServer
) -> None:
    monkeypatch.setenv("DAYBOOK_ALERT_URLS", mail.url)
    _halted(tmp_path)
    mail.start()
    run(write_source(tmp_path), DAY)
    assert [subject for subject, _ in mail.texts()] == ["Daybook: a gate halted a run", "Daybook: recovered"]


def test_without_a_target_an_alert_waits_and_the_run_still_ends(tmp_path: Path) -> None:
    source = write_source(tmp_path)
    (source / "payments.csv").unlink()
    with pytest.raises(DaybookError):
        run(source, DAY)
    assert query("select kind, delivered_at, error from ops.alerts") == [
        ("failure", None, "no target: set DAYBOOK_ALERT_URLS")
    ]


def test_a_run_that_is_found_dead_is_told(received: list[dict[str, Any]]) -> None:
    with connect("etl", autocommit=True) as connection:
        connection.execute(
            "insert into ops.etl_process_status (id, status, started_at, instant, stage)"
            " values (77, 'running', now(), now(), 'build')"
        )
        clear_dead_runs(connection)
        clear_dead_runs(connection)
    assert [message["title"] for message in received] == ["Daybook: a run failed"]
    assert "Run 77 failed at stage build.\nThe run ended without a word" in received[0]["message"]


def test_a_warehouse_that_is_down_is_told_once_and_so_is_its_return(
    tmp_path: Path, received: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://daybook:secret@127.0.0.1:9/daybook"
    source, home = str(write_source(tmp_path / "s")), str(tmp_path / "home")
    for _ in range(2):
        result = etl("run", "--source", source, DATABASE_URL=url, DAYBOOK_HOME=home)
        assert result.returncode == 2 and "does not answer" in result.stderr
    assert [message["title"] for message in received] == ["Daybook: the warehouse is down"]
    assert "127.0.0.1:9" in received[0]["message"] and "secret" not in received[0]["message"]

    monkeypatch.setenv("DAYBOOK_HOME", home)
    with connect("etl", autocommit=True) as connection:
        alerts.recovered(connection, 3)
        alerts.recovered(connection, 4)
    assert received[1:] == [received[1]] and "answers again: run 3" in received[1]["message"]


def test_alert_test_says_which_target_took_it(received: list[dict[str, Any]], mail: MailServer, tmp_path: Path) -> None:
    down = "postgresql+psycopg://daybook:secret@127.0.0.1:9/daybook"  # it needs no database
    urls = os.environ["DAYBOOK_ALERT_URLS"]
    passed = etl("alert", "test", DATABASE_URL=down)
    assert (passed.returncode, passed.stdout.split(": ")[1]) == (0, "delivered\n")
    assert [message["title"] for message in received] == ["Daybook: test"]
    deaf = etl("alert", "test", DATABASE_URL=down, DAYBOOK_ALERT_URLS=f"{urls} {mail.url} nonsense")
    assert deaf.returncode == 1
    assert [line.rsplit(": ", 1)[1] for line in deaf.stdout.splitlines()] == [
        "delivered", "delivery failed", "correct DAYBOOK_ALERT_URLS",
    ]  # fmt: skip
    missing = etl("alert", "test", DAYBOOK_ALERT_URLS="")
    assert missing.returncode == 2 and "set DAYBOOK_ALERT_URLS" in missing.stderr
