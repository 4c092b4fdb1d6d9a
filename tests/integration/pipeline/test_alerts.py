"""Alerts reach a real receiver: once per incident, and once when it is over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import DaybookError, GateFailedError
from tests.integration.pipeline.small_source import DAY, INVOICES, write_source
from tests.integration.pipeline.support import etl, query, run

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a webhook received, in order."""
    messages: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    monkeypatch.setenv("DAYBOOK_ALERT_URLS", f"json://127.0.0.1:{receiver.server_port}/hook")
    yield messages
    receiver.shutdown()
    receiver.server_close()
    thread.join()


def test_one_alert_for_an_incident_and_one_when_it_is_over(tmp_path: Path, received: list[dict[str, Any]]) -> None:
    bad = write_source(tmp_path, invoices=[{**row, "total": "oops"} for row in INVOICES * 2])
    for _ in range(2):
        with pytest.raises(GateFailedError):
            run(bad, DAY)
    assert len(received) == 1
    assert "rejected_rows" in received[0]["message"] and "invoices" in received[0]["message"]
    run(write_source(tmp_path), DAY)
    assert [message["title"] for message in received] == ["Daybook: gate", "Daybook: recovery"]
    run(write_source(tmp_path), "2026-03-11")
    assert len(received) == 2
    kinds = query("select kind, delivered_at is not null from ops.alerts order by alert_id")
    assert kinds == [("gate", True), ("recovery", True)]


def test_a_warehouse_that_is_down_is_told_once(tmp_path: Path, received: list[dict[str, Any]]) -> None:
    url = "postgresql+psycopg://daybook:secret@127.0.0.1:9/daybook"
    source = str(write_source(tmp_path / "s"))
    for _ in range(2):
        result = etl("run", "--source", source, DATABASE_URL=url, DAYBOOK_HOME=str(tmp_path / "home"))
        assert result.returncode == 2 and "does not answer" in result.stderr
    assert [message["title"] for message in received] == ["Daybook: the warehouse is down"]
    assert "127.0.0.1:9" in received[0]["message"] and "secret" not in received[0]["message"]


def test_an_alert_that_cannot_be_delivered_is_kept_and_the_run_still_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_ALERT_URLS", "json://127.0.0.1:9/nobody")
    source = write_source(tmp_path)
    (source / "payments.csv").unlink()
    with pytest.raises(DaybookError):
        run(source, DAY)
    assert query("select kind, delivered_at, error from ops.alerts") == [("failure", None, "delivery failed")]
