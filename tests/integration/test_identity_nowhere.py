"""Known names, numbers and contacts planted in a source are in ``phi``, encrypted, and in nothing else that Daybook makes.

One run over a source in which a person stands in every column of every table; then everything that it wrote, every page, answer
and file of the portal, what its forms answer, what fails, what is told and what is kept is looked through.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
from click.testing import CliRunner
from psycopg import sql
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from pipeline.cli import main
from pipeline.errors import GateFailedError
from tests.conftest import fresh_database
from tests.integration import planted_source
from tests.integration.pipeline.receivers import webhook
from tests.integration.pipeline.support import query, run, without_data_tests
from tests.integration.planted_source import DAY, PLANTED
from tests.portal import world
from tests.portal.audit.walk import Portal, addresses, is_public, shown
from tests.portal.audit.writes import WRITES
from tests.portal.billing_audit import logs
from warehouse.backup.create import create
from warehouse.backup.sealed import open_sealed
from warehouse.engine import connect
from warehouse.settings import home, load_backup_keys

# Identity is in phi; what people typed about money stays with its raw row, and is in no mart, page or file.
_HOLDING = {("phi", "patients"), ("phi", "search_tokens"), ("raw", "adjustments")}
# A case log is shown to who may see it: its name in lists of uploads, what stands in it before it is imported.
_SHOWS_A_LOG = {"case_logs.index", "case_logs.show", "case_logs.preview", "api_v1.billing_audit.runs"}
_OWN = {"P01": "P02", "I01": "I02"}  # the planted patient's own pages, beside those of the walk
_LOG = """Date,Ticket,CPT,Patient,Remarks
2026-03-12,T4,D0010,Plantedfirst Plantedlast,Plantedfirst called from 555 867 5309
2026-03-12,T55,D0010,Plantedfirst Plantedlast,Planted Street 7
"""


@pytest.fixture(scope="module")
def run_output(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a run prints over a source with a planted person; its build is the live one."""
    for _ in fresh_database(server, template):
        folder = planted_source.write(tmp_path_factory.mktemp("own") / "source")
        environment = {"DAYBOOK_GATES": str(folder.parent / "gates.yml")}
        with without_data_tests():
            ended = CliRunner(env=environment).invoke(
                main, ["run", "--source", f"main={folder}", "--business-date", DAY]
            )
        assert ended.exit_code == 0, ended.output
        yield ended.output + str(folder)


@pytest.fixture(scope="module")
def portal(run_output: str) -> Portal:
    """The portal on it, with people who see everything, and a case log about the planted person."""
    made = Portal(world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)}))
    sent = logs.send(made.doctor, _LOG, name="Plantedlast.csv")
    number = int(sent.headers["Location"].rsplit("/", 1)[1])
    assert "Plantedlast.csv" in made.doctor.get(f"/audit/uploads/{number}").text
    done = logs.post(made.doctor, f"/audit/uploads/{number}/import", **logs.columns(made.doctor, number))
    assert done.status_code == 302
    logs.send(made.doctor, _LOG + "\n", name="Plantedlast again.csv")  # and one that waits
    return made


def _assert_nothing_planted(text: str, where: str) -> None:
    found = [word for word in PLANTED if word in text.casefold() or word.encode().hex() in text.casefold()]
    assert not found, f"{where} holds {found}"


def _assert_clean(answer: TestResponse, address: str) -> None:
    _assert_nothing_planted(readable(answer.data, answer.mimetype), address)
    _assert_nothing_planted(repr(answer.headers), f"headers of {address}")


def _tables() -> dict[tuple[str, str], str]:
    """Every row of every table and view that anybody could read, as text."""
    found: dict[tuple[str, str], str] = {}
    with connect("owner") as connection:
        names = connection.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'v', 'm', 'p') and n.nspname !~ '^(pg_|information_schema)'"
        ).fetchall()
        for schema, table in names:
            rows = sql.SQL("select coalesce(string_agg(t::text, ' '), '') from {} as t").format(
                sql.Identifier(schema, table)
            )
            found[schema, table] = str(connection.execute(rows).fetchall()[0][0])
    return found


def _assert_tables_clean() -> None:
    for name, text in _tables().items():
        if name not in _HOLDING:
            _assert_nothing_planted(text, ".".join(name))


def readable(content: bytes, kind: str) -> str:
    """Return what somebody reads in a file or a page."""
    if kind == "application/pdf":
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    if kind.endswith(".sheet"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return content.decode("utf-8", "replace")


def _with_the_persons_own(portal: Portal, rule: Rule) -> Iterator[str]:
    for address in addresses(portal, rule):
        yield address
        if {"patient_id", "invoice_id"} & rule.arguments or "q=P01" in address:
            yield address.replace("P01", _OWN["P01"]).replace("I01", _OWN["I01"])


def test_what_a_run_prints_and_writes_holds_none_of_it(run_output: str) -> None:
    _assert_nothing_planted(run_output, "what the run printed")
    tables = _tables()
    assert "Plantedfirst" in tables["raw", "adjustments"]  # it would be found
    assert len(tables) > 150
    _assert_tables_clean()
    for name in (("phi", "patients"), ("phi", "search_tokens")):
        _assert_nothing_planted(tables[name], ".".join(name))
    # It was there to be found: words were left out in every column of codes, and rows rejected in every table.
    withheld = {(table, column) for table, column in query(
        "select distinct table_name, w.key from ops.run_tables, jsonb_each(withheld) as w"
    )}  # fmt: skip
    assert withheld == planted_source.CODES
    rejected = query(
        "select count(distinct table_name), sum(rows_quarantined) from ops.run_tables where rows_quarantined > 0"
    )
    assert rejected[0][0] == len(planted_source.TABLES) and rejected[0][1] > 300


def test_what_dbt_and_the_gates_leave_in_files_holds_none_of_it(run_output: str) -> None:
    assert run_output
    files = [path for path in (home() / "dbt").rglob("*") if path.is_file()]
    assert any(path.suffix == ".sql" for path in files)
    for path in files:
        _assert_nothing_planted(path.read_bytes().decode("utf-8", "replace"), str(path))


def test_no_page_answer_or_file_holds_any_of_it(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    unread = []
    with caplog.at_level(logging.DEBUG):
        for rule in shown(portal):
            for address in _with_the_persons_own(portal, rule):
                with portal.browser(rule.endpoint).get(address) as answer:
                    if answer.status_code != 200 or not answer.data:
                        unread.append(f"{address}: {answer.status_code}")
                    if rule.endpoint not in _SHOWS_A_LOG:
                        _assert_clean(answer, address)
        for rule in portal.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and is_public(portal, rule) and not rule.arguments:
                with portal.app.test_client().get(rule.rule) as answer:
                    _assert_clean(answer, rule.rule)
    assert not unread, unread
    _assert_nothing_planted(caplog.text, "the portal's log")
    assert "Plantedlast.csv" in portal.doctor.get("/audit/uploads").text  # shown to whose it is, and to nobody else
    stranger = portal.somebody("hospital_admin")[1]
    _assert_clean(stranger.get("/audit/uploads"), "the uploads of others")
    _assert_tables_clean()


def test_no_form_answers_with_any_of_it(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for endpoint, prepare in WRITES.items():
            with prepare(portal)() as answer:
                assert answer.status_code < 400, (endpoint, answer.text)
                if endpoint not in _SHOWS_A_LOG:
                    _assert_clean(answer, endpoint)
    _assert_nothing_planted(caplog.text, "the portal's log")
    _assert_tables_clean()


def test_what_is_revealed_is_in_that_one_answer(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    boss = portal.somebody("super_admin")[1]
    address = f"/staff/patients/{_OWN['P01']}/contact?hospitalId=H1"
    with caplog.at_level(logging.DEBUG):
        revealed = boss.post(address, data={"csrf_token": portal.csrf(boss), "reason": "reminder"})
        assert "Planted Street 7" in revealed.text and "867 5309" in revealed.text
        assert "078-05-1120" not in revealed.text and "no-store" in revealed.headers["Cache-Control"]
        for after in (
            address, "/staff/patients", f"/staff/patients/{_OWN['P01']}?hospitalId=H1", "/admin/audit?action=reveal",
            "/admin/audit", "/admin/audit/export?format=csv", "/account", "/staff/reports",
        ):  # fmt: skip
            with boss.get(after) as answer:
                _assert_clean(answer, after)
    _assert_nothing_planted(caplog.text, "the portal's log")
    _assert_tables_clean()


def test_what_is_searched_for_is_found_and_recorded_nowhere(portal: Portal) -> None:
    client = portal.somebody("super_admin")[1]
    found = client.post("/staff/patients", data={"q": "Plantedfirst 1931-02-03", "csrf_token": portal.csrf(client)})
    assert "/staff/patients/P02" in found.text
    headers = {"X-CSRFToken": portal.csrf(client)}
    posted = client.post("/api/v1/reports/patients/search?hospitalId=H1", json={"q": "Plantedlast"}, headers=headers)
    assert [row["patientId"] for row in posted.json["data"]] == ["P02"]
    _assert_clean(posted, "the search of the API")
    client.get("/api/v1/reports/patients?q=Plantedlast&hospitalId=H1")
    _assert_tables_clean()


def test_what_is_refused_or_fails_repeats_none_of_it(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, statuses = portal.somebody("super_admin")[1], set()
    with caplog.at_level(logging.DEBUG):
        for address in (
            "/staff/patients/Plantedlast", "/staff/outstanding/Plantedlast", "/staff/Plantedlast", "/Plantedlast",
            "/api/v1/reports/patients/Plantedlast/history", "/api/v1/reports/revenue?startDate=Plantedlast",
            "/api/v1/reports/outstanding?minAmount=planted@example.org", "/api/v1/reports/outstanding?status=078-05-1120",
            "/api/v1/financial-reports/export?reportType=Plantedlast",
        ):  # fmt: skip  # the name of a parameter is said again, as an answer names what it refuses
            answer = client.get(address)
            statuses.add(answer.status_code)
            _assert_nothing_planted(answer.text, address)
        client.get("/staff/outstanding?patientId=Plantedlast")
        client.get("/admin/audit?who=planted@example.org&resourceId=Plantedlast")

        words = (
            "Plantedfirst Plantedlast, 078-05-1120, has no row"  # not in the line that fails: the log shows that line
        )

        def fail(*_: Any) -> None:
            raise RuntimeError(words)

        monkeypatch.setattr("portal.api.v1.patients.find", fail)
        monkeypatch.setitem(portal.app.config, "PROPAGATE_EXCEPTIONS", False)
        failed = client.get("/api/v1/reports/patients?q=P02&hospitalId=H1")
        statuses.add(failed.status_code)
        _assert_nothing_planted(failed.text, "a failure")
    assert statuses == {400, 404, 500}
    _assert_nothing_planted(caplog.text, "the portal's log")
    _assert_tables_clean()


@contextmanager
def _alerts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    with webhook() as (url, messages):
        monkeypatch.setenv("DAYBOOK_ALERT_URLS", url)
        yield messages


def test_alerts_mails_and_backups_hold_none_of_it(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = planted_source.write(tmp_path / "bad" / "source")  # with the gates as they are, its rejects are too many
    with _alerts(monkeypatch) as messages, pytest.raises(GateFailedError) as halted:
        run(folder, DAY)
    assert messages
    _assert_nothing_planted(repr(messages), "an alert")
    _assert_nothing_planted(str(halted.value), "the run's own words")
    _assert_nothing_planted("".join(capfd.readouterr()), "what the run printed")
    assert query("select count(*) > 0 from ops.alerts") == [(True,)]
    monkeypatch.setenv("DAYBOOK_BACKUP_DIR", str(tmp_path / "backups"))
    path = create("test", datetime.now(UTC))[0]
    _assert_nothing_planted(repr(open_sealed(path, load_backup_keys()).manifest), "a backup's manifest")
    _assert_nothing_planted(path.read_bytes().decode("latin-1"), "a backup")
    assert path.stat().st_size > 10_000
    _assert_tables_clean()  # mails that wait and alerts among them
