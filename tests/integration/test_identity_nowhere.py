"""Known names, numbers and contacts planted in a source are in ``phi``, encrypted, and in nothing else that Daybook makes."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from flask.testing import FlaskClient
from psycopg import sql
from werkzeug.routing import Rule

from pipeline.errors import GateFailedError
from tests.conftest import fresh_database
from tests.integration.pipeline.receivers import webhook
from tests.integration.pipeline.small_source import DAY, INVOICES, PATIENTS, write_source
from tests.integration.pipeline.support import etl, run
from tests.portal import world
from warehouse.backup.create import create
from warehouse.backup.sealed import open_sealed
from warehouse.engine import connect
from warehouse.settings import load_backup_keys

PERSON = {
    "patient_id": "P1", "hospital_id": "H1", "first_name": "Plantedfirst", "last_name": "Plantedlast",
    "date_of_birth": "1931-02-03", "ssn": "078-05-1120", "phone": "+1 555 867 5309", "email": "planted@example.org",
    "address": "Planted Street 7",
}  # fmt: skip
PLANTED = ("planted", "1931-02-03", "078-05-1120", "078051120", "867 5309", "8675309", "street 7")
_OTHER = {**dict.fromkeys(PERSON, ""), **PATIENTS[1]}
_BAD = [PERSON | {"patient_id": ""}, PERSON | {"patient_id": "P3"}, PERSON | {"patient_id": "P3", "phone": "1"}]
_REASON = {
    "adjustment_id": "A1", "hospital_id": "H1", "invoice_id": "I1", "adjustment_date": "2026-02-20", "amount": "5.00",
    "kind": "write_off", "reason": "Plantedfirst Plantedlast moved to Planted Street 7, call 555 867 5309",
}  # fmt: skip
# Identity is in phi; what people typed about money stays with its raw row, and is in no mart, page or file.
_HOLDING = {("phi", "patients"), ("phi", "search_tokens"), ("raw", "adjustments")}
_IDS = {
    "patient_id": "P1", "invoice_id": "I1", "run_id": 1, "user_id": 1, "number": 1, "batch": 1, "filename": "icon.svg",
    "format": "csv", "token": "x", "key": "0" * 32, "figure": "receivables",
}  # fmt: skip
_QUERIES = {
    "api_v1.patients.search": "q=P1",
    "api_v1.export.export": "reportType=patient-history&patientId=P1&hospitalId=H1&startDate=2026-01-01&endDate=2026-03-31",
    "contacts.ask": "hospitalId=H1",
}
_PERIOD = "startDate=2026-01-01&endDate=2026-03-31&hospitalId=H1"


@pytest.fixture(scope="module")
def run_output(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a run prints over a source with a planted person; its build is the live one."""
    for _ in fresh_database(server, template):
        folder = write_source(
            tmp_path_factory.mktemp("source"), patients=[PERSON, _OTHER, *_BAD], adjustments=[_REASON]
        )
        ended = etl("run", "--source", f"main={folder}", "--business-date", DAY)
        assert ended.returncode == 0, ended.stderr
        yield ended.stdout + ended.stderr + str(folder)


@pytest.fixture
def client(run_output: str) -> FlaskClient:
    """Somebody who may see everything."""
    app = world.make_app()
    return world.sign_in(app, world.add_user(app, "super_admin", email=f"{datetime.now(UTC).timestamp()}@clinic.org"))


def _assert_nothing_planted(text: str, where: str) -> None:
    found = [word for word in PLANTED if word in text.casefold()]
    assert not found, f"{where} holds {found}"


def _tables() -> dict[tuple[str, str], str]:
    """Every row of every table and view that anybody could read, as text."""
    found: dict[tuple[str, str], str] = {}
    with connect("owner") as connection:
        names = connection.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'v', 'm', 'p') and n.nspname !~ '^(pg_|information_schema)'"
        ).fetchall()
        for schema, table in names:
            query = sql.SQL("select coalesce(string_agg(t::text, ' '), '') from {} as t").format(
                sql.Identifier(schema, table)
            )
            found[schema, table] = str(connection.execute(query).fetchall()[0][0])
    return found


def _readable(content: bytes, kind: str) -> str:
    if kind == "application/pdf":
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    if kind.endswith(".sheet"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return content.decode("utf-8", "replace")


def _address(client: FlaskClient, rule: Rule) -> str:
    with client.application.test_request_context():
        address = client.application.url_for(rule.endpoint, **{name: _IDS[name] for name in rule.arguments})
    return f"{address}?{_QUERIES.get(rule.endpoint, '')}"


def test_what_a_run_prints_and_writes_holds_none_of_it(run_output: str) -> None:
    _assert_nothing_planted(run_output, "what the run printed")
    tables = _tables()
    assert "Plantedfirst" in tables["raw", "adjustments"]  # it would be found
    assert len(tables) > 150
    for name, text in tables.items():
        if name not in _HOLDING:
            _assert_nothing_planted(text, ".".join(name))
    for name in (("phi", "patients"), ("phi", "search_tokens")):
        _assert_nothing_planted(tables[name], ".".join(name))


def test_no_page_answer_or_file_holds_any_of_it(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    seen = 0
    with caplog.at_level(logging.DEBUG):
        for rule in client.application.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint.startswith("security."):
                continue
            plain = _address(client, rule)
            formats = [f"&format={name}" for name in ("csv", "xlsx", "pdf")] if "export" in rule.endpoint else [""]
            for address in {plain, *(f"{plain}&{_PERIOD}{form}" for form in formats)}:
                with client.get(address) as answer:
                    assert answer.status_code < 500, (address, answer.text)
                    _assert_nothing_planted(_readable(answer.data, answer.mimetype), address)
                    _assert_nothing_planted(repr(answer.headers), f"headers of {address}")
                    seen += answer.status_code == 200
    assert seen > 60
    _assert_nothing_planted(caplog.text, "the portal's log")


def test_what_is_searched_for_is_found_and_recorded_nowhere(client: FlaskClient) -> None:
    token = world.csrf_token(client.get("/staff/patients").text)
    found = client.post("/staff/patients", data={"q": "Plantedfirst 1931-02-03", "csrf_token": token})
    assert "/staff/patients/P1" in found.text
    client.get("/api/v1/reports/patients?q=Plantedlast")
    for address in (
        "/staff/patients/Plantedlast", "/staff/outstanding/Plantedlast", "/staff/outstanding?patientId=Plantedlast",
        "/api/v1/reports/patients/Plantedlast/history", "/api/v1/reports/outstanding?patientId=Plantedlast",
        "/staff/Plantedlast", "/admin/audit?who=planted@example.org&resourceId=Plantedlast",
    ):  # fmt: skip
        client.get(address)
    for name, text in _tables().items():
        if name not in _HOLDING:
            _assert_nothing_planted(text, ".".join(name))


@contextmanager
def _alerts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    with webhook() as (url, messages):
        monkeypatch.setenv("DAYBOOK_ALERT_URLS", url)
        yield messages


def test_alerts_and_backups_hold_none_of_it(
    run_output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_output
    broken = [{**row, "total": "Plantedlast owes"} for row in INVOICES * 2]
    folder = write_source(tmp_path / "bad", invoices=broken, patients=[PERSON, _OTHER, *_BAD], adjustments=[_REASON])
    with _alerts(monkeypatch) as received, pytest.raises(GateFailedError) as halted:
        run(folder, DAY)
    assert received
    _assert_nothing_planted(repr(received), "an alert")
    _assert_nothing_planted(str(halted.value), "the run's own words")
    _assert_nothing_planted("".join(capfd.readouterr()), "what the run printed")
    monkeypatch.setenv("DAYBOOK_BACKUP_DIR", str(tmp_path / "backups"))
    path = create("test", datetime.now(UTC))[0]
    _assert_nothing_planted(repr(open_sealed(path, load_backup_keys()).manifest), "a backup's manifest")
    _assert_nothing_planted(path.read_bytes().decode("latin-1"), "a backup")
    assert path.stat().st_size > 10_000
