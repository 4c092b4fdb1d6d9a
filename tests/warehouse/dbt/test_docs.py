"""The documentation of models and columns: made from a warehouse, shown on this machine, loading nothing from outside."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path

import pytest

from scripts.docs import POLICY, server, write_page
from tests.warehouse.dbt.conftest import Built

pytestmark = pytest.mark.xdist_group("dbt")


@pytest.fixture(scope="module")
def page(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the built world."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", built.url)
        environment.setenv("DAYBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        return write_page(tmp_path_factory.mktemp("docs"))


def test_the_page_knows_models_columns_definitions_and_pages(page: Path):
    text = page.read_text(encoding="utf-8")
    manifest = json.loads((page.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["nodes"]["model.daybook.revenue_metrics"]["schema"] == "marts", "what analysts read"
    for word in (
        "patient_payment_history",
        "De-identified patient id",
        "exposure.daybook.aging",
        "Sum of payments received",
    ):
        assert word in text


def test_the_page_forbids_itself_to_load_anything(page: Path):
    head = page.read_text(encoding="utf-8")[:2000]
    assert f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">' in head
    assert "default-src 'none'" in POLICY
    assert "http" not in POLICY and "*" not in POLICY


def _get(port: int, path: str) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Security-Policy"], answer.read()


def test_it_is_served_on_this_machine_only_and_nothing_else_is(page: Path):
    with server(page, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        assert serving.server_address[0] == "127.0.0.1"
        assert _get(serving.server_port, "/?a=1") == (200, POLICY, page.read_bytes())
        for path in ("/catalog.json", "/../manifest.json", "/index.html"):
            assert _get(serving.server_port, path)[0] == 404
        serving.shutdown()
