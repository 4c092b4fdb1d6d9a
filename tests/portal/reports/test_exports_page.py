"""Exports: the history, the dialog, files that are kept, templates; each for who may have them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline import worker
from portal import export_jobs
from portal.exports.writing import Written
from tests.portal import world
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
DAYS = {"startDate": "2026-01-01", "endDate": "2026-03-31"}
ORDER = {"entity": "compensation", "format": "csv", **DAYS}


@pytest.fixture(autouse=True)
def _an_empty_log(client: SignIn) -> Iterator[None]:
    clear()
    yield
    clear()


def clear() -> None:
    """Forget every export, template, schedule and mail."""
    with connect("owner") as connection:
        for name in ("portal.mails", "portal.export_log", "portal.export_schedules", "portal.export_templates"):
            connection.execute(f"delete from {name}")
        connection.execute("set local search_path to jobs")
        connection.execute("delete from procrastinate_jobs")


def post(browser: FlaskClient, path: str, **form: Any) -> TestResponse:
    """Send a form."""
    token = world.csrf_token(browser.get("/account").text)
    return browser.post(path, data={"csrf_token": token, **form})


def rows(answer: TestResponse) -> list[dict[str, str]]:
    """The lines of a CSV."""
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.text[:2000]
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def logged(columns: str = "id") -> list[tuple[Any, ...]]:
    """The log, oldest first."""
    with connect("owner") as connection:
        return connection.execute(f"select {columns} from portal.export_log order by id").fetchall()  # type: ignore[arg-type]


def made(app: Flask, number: int) -> str:
    """What the worker's command says as it makes a file."""
    result = app.test_cli_runner().invoke(args=["export-jobs", "make", str(number)])
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_every_download_stands_in_the_history_with_its_checksum(client: SignIn) -> None:
    browser = client("accountant")
    path = "/api/v1/financial-reports/export"
    answer = browser.get(path, query_string={"reportType": "revenue", "format": "csv", **DAYS})
    sha256 = hashlib.sha256(answer.data).hexdigest()
    page = browser.get("/exports").text
    assert "daybook-revenue-collected-2026-01-01-2026-03-31-usd-b1.csv" in page
    assert sha256 in page
    assert "1 Jan 2026 to 31 Mar 2026" in " ".join(page.split())
    what = (
        "export_type, entity_type, date_range_start::text, date_range_end::text, file_size, sha256, filters->'format'"
    )
    assert logged(what) == [
        ("csv", "revenue", "2026-01-01", "2026-03-31", len(answer.data), sha256, ["csv"]),
    ]  # fmt: skip


def test_the_files_of_pages_and_pictures_are_logged_too(client: SignIn) -> None:
    browser = client("provider")
    for path in ("/compensation/month/report?providerId=D1&month=2026-03&format=pdf", "/insights/export?format=xlsx",
                 "/forecast/export?format=csv", "/insights/chart.png?chart=workload"):  # fmt: skip
        answer = browser.get(path)
        assert (answer.status_code, bool(answer.data)) == (200, True), path
    assert logged("entity_type, export_type, providers") == [
        ("compensation", "pdf", [["H1", "D1"]]), ("insights", "xlsx", [["H1", "D1"]]), ("forecast", "csv", [["H1", "D1"]]),
        ("insights", "png", [["H1", "D1"]]),
    ]  # fmt: skip


def test_people_see_their_own_and_administrators_those_of_their_hospitals(client: SignIn) -> None:
    for name in ("accountant", "accountant_h2", "accountant_both"):
        assert client(name).get("/api/v1/exports/write-offs/csv", query_string={"currency": "USD"}).data
    who = [re.findall(r"(accountant\w*)@clinic", client(name).get("/exports").text) for name in ("accountant", "admin")]
    assert [set(found) for found in who] == [{"accountant"}, {"accountant"}]
    assert client("viewer").get("/exports").status_code == 403


def test_the_dialog_carries_the_filters_of_the_page(client: SignIn) -> None:
    browser = client("accountant")
    page = browser.get("/staff/reports/revenue", query_string={**DAYS, "payerId": "AOK", "granularity": "month"}).text
    found = re.search(r'href="(/exports/new\?[^"]+)"', page)
    assert found
    dialog = browser.get(found[1].replace("&amp;", "&"))
    assert dialog.status_code == 200, dialog.text
    assert 'name="payerId" value="AOK"' in dialog.text
    assert 'name="granularity" value="month"' in dialog.text
    assert 'value="2026-01-01"' in dialog.text
    assert '<input type="checkbox" name="fields" value="refunded">' in dialog.text


def test_the_dialog_gives_the_chosen_fields_of_the_chosen_days(client: SignIn) -> None:
    answer = post(client("provider"), "/exports", **ORDER, fields=["month", "gross_pay"])
    assert rows(answer) == [{"month": "2026-03-01", "gross_pay": "600.00"}]
    sheet = post(client("provider"), "/exports", **ORDER | {"format": "xlsx"}, fields=["gross_pay", "name"])
    header, *_ = openpyxl.load_workbook(io.BytesIO(sheet.data))["Data"].iter_rows(values_only=True)
    assert header == ("Name", "Gross pay (USD)")


def test_a_chosen_hospital_is_the_only_one_in_the_file(client: SignIn, reports_app: Flask) -> None:
    browser = client("accountant_both")
    order = {"entity": "outstanding", "format": "csv", "currency": "EUR", "hospitalId": "H2"}
    assert {row["hospital_id"] for row in rows(post(browser, "/exports", **order))} == {"H2"}
    both = {
        row["hospital_id"] for row in rows(post(browser, "/exports", **order | {"hospitalId": "", "currency": "USD"}))
    }
    assert both == {"H1"}
    post(browser, "/exports/templates", **order, name="Of H2")
    found = re.search(r"/exports/new\?template=\d+", browser.get("/exports").text)
    assert found
    assert '<option value="H2" selected>' in browser.get(found[0]).text
    post(browser, "/exports", **order, keep="yes")
    made(reports_app, logged()[-1][0])
    assert logged("hospital_ids, filters->'hospitalId'")[0] == (["H2"], ["H2"])
    assert logged("hospital_ids, filters->'hospitalId'")[-1] == (["H2"], ["H2"])
    assert post(client("accountant"), "/exports", **order).status_code == 404


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"startDate": "2026-04-01"}, "To</strong> is before the first day: swap the two"),
        ({"endDate": "yesterday"}, "To</strong> must be a day written as YYYY-MM-DD"),
        ({"fields": "salary"}, "fields</strong> has no salary here: choose of month,"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_is_kept(
    client: SignIn, changes: dict[str, str], problem: str
) -> None:
    answer = post(client("provider"), "/exports", **ORDER | {"format": "pdf"} | changes)
    assert (answer.status_code, problem in answer.text) == (400, True), answer.text
    assert re.search(r'name="format" value="pdf" checked', answer.text)
    assert logged() == []


@pytest.mark.parametrize(
    ("user", "entity", "status"),
    [("provider", "kpis", 403), ("accountant", "compensation", 403), ("accountant", "nothing", 404)],
)
def test_nobody_exports_what_they_may_not_see(client: SignIn, user: str, entity: str, status: int) -> None:
    assert post(client(user), "/exports", entity=entity, format="csv", **DAYS).status_code == status
    assert client(user).get("/exports/new", query_string={"entity": entity}).status_code == status


def test_a_name_is_not_kept_as_a_filter(client: SignIn) -> None:
    answer = post(client("accountant"), "/exports", entity="transactions", format="csv", patientId="Jones", keep="yes")
    assert (answer.status_code, "has no digit: an id is wanted here" in answer.text) == (400, True)


def test_a_kept_file_waits_is_made_and_loaded_again(client: SignIn, reports_app: Flask) -> None:
    browser = client("provider")
    answer = post(browser, "/exports", **ORDER, keep="yes")
    assert answer.status_code == 302
    page = browser.get("/exports").text
    assert "waits for the worker" in page
    assert "No worker is running" in page
    ((number,),) = logged()
    progress = {"done": 0, "expected": 1, "id": number, "text": "waits for the worker", "underWay": True}
    assert browser.get(f"/exports/progress?id={number}&id=x&id=999").json == [progress]
    assert "Made export" in made(reports_app, number)
    again = browser.get(f"/exports/{number}/file", buffered=True)
    assert again.data == post(browser, "/exports", **ORDER).data
    ((size, sha256, status, count),) = logged("file_size, sha256, status, row_count")[:1]
    assert (size, sha256, status, count) == (len(again.data), hashlib.sha256(again.data).hexdigest(), "finished", 1)
    assert made(reports_app, number) == f"Export {number} needs nothing.\n"
    actions = [record["action"] for record in world.audit_records()[-5:]]
    assert {"export_request", "export", "export_again"} <= {*actions, *(r["action"] for r in world.audit_records())}


def test_only_its_reader_loads_a_kept_file_and_only_with_the_rights_of_today(
    client: SignIn, reports_app: Flask
) -> None:
    post(client("accountant"), "/exports", entity="write-offs", format="csv", currency="USD", keep="yes")
    ((number,),) = logged()
    made(reports_app, number)
    assert client("accountant").get(f"/exports/{number}/file", buffered=True).status_code == 200
    assert client("admin").get(f"/exports/{number}/file", buffered=True).status_code == 404
    with connect("owner") as connection:
        connection.execute("alter table portal.export_log disable trigger keep_export")
        connection.execute("update portal.export_log set hospital_ids = '{H1,H2}'")
        connection.execute("alter table portal.export_log enable trigger keep_export")
    assert client("accountant").get(f"/exports/{number}/file", buffered=True).status_code == 403
    assert "Load again" not in client("accountant").get("/exports").text


def test_what_somebody_lost_the_right_to_is_not_made(client: SignIn, reports_app: Flask) -> None:
    post(client("provider"), "/exports", **ORDER, keep="yes")
    with connect("owner") as connection:
        connection.execute("update portal.export_log set entity_type = 'kpis'")
    ((number,),) = logged()
    assert "it needs financial-reports:read" in made(reports_app, number)
    assert logged("status") == [("refused",)]
    record = world.audit_records()[-1]
    assert (record["action"], record["outcome"], record["resource_id"]) == ("export", "denied", str(number))


def test_a_file_that_was_given_up_while_it_was_made_is_not_kept(
    client: SignIn, reports_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(client("provider"), "/exports", **ORDER, keep="yes")
    ((number,),) = logged()
    write = export_jobs.write

    def slowly(*about: Any) -> Written:
        worker._give_up_file(number)
        return write(*about)

    monkeypatch.setattr(export_jobs, "write", slowly)
    assert "was not made: It was given up while it was being made." in made(reports_app, number)
    assert logged("status, problem, sha256") == [("failed", worker._WHY_LOST, None)]
    with connect("owner") as connection:
        assert connection.execute("select count(*) from portal.export_chunks").fetchone() == (0,)
    record = world.audit_records()[-1]
    assert (record["action"], record["outcome"], record["resource_id"]) == ("export", "failed", str(number))


def test_a_template_is_kept_used_shared_and_let_go(client: SignIn) -> None:
    manager = client("practice_manager")
    template = {**ORDER, "fields": ["name", "gross_pay"], "name": "For the accountant"}
    assert post(manager, "/exports/templates", **template, share="H1").status_code == 302
    assert "choose another name" in post(manager, "/exports/templates", **template).text
    assert post(manager, "/exports/templates", **template | {"name": "x"}, share="H2").status_code == 404
    page = client("provider").get("/exports").text
    found = re.search(r'href="(/exports/new\?template=(\d+))"', page)
    assert found
    dialog = client("provider").get(found[1]).text
    assert re.findall(r'name="fields" value="(\w+)" checked', dialog) == ["name", "gross_pay"]
    assert "For the accountant" not in client("provider_h2").get("/exports").text
    assert "For the accountant" not in client("accountant").get("/exports").text  # its role does not show compensation
    assert post(client("provider"), f"/exports/templates/{found[2]}/delete").status_code == 404
    assert post(manager, f"/exports/templates/{found[2]}/delete").status_code == 302
    assert "The template For the accountant is gone." in manager.get("/exports").text
    assert "For the accountant" not in manager.get("/exports").text


def test_a_file_that_is_loaded_again_is_on_record_with_all_its_hospitals(client: SignIn, reports_app: Flask) -> None:
    both = client("accountant_both")
    post(both, "/exports", entity="roll-forward", format="csv", currency="USD", keep="yes", **DAYS)
    ((number,),) = logged()
    made(reports_app, number)
    assert logged("hospital_ids") == [(["H1", "H2"],)]
    before = len(world.audit_records())
    assert both.get(f"/exports/{number}/file?hospitalId=H2", buffered=True).status_code == 200
    records = world.audit_records()[before:]
    assert records and {tuple(one["hospital_ids"]) for one in records} == {("H1", "H2")}


def test_loading_again_is_recorded_as_it_ends(client: SignIn, reports_app: Flask) -> None:
    browser = client("accountant")
    post(browser, "/exports", entity="kpis", format="xlsx", currency="USD", keep="yes", **DAYS)
    ((number,),) = logged()
    made(reports_app, number)

    def recorded(method: str, *, whole: bool = True) -> list[tuple[str, str]]:
        before = len(world.audit_records())
        answer = browser.open(f"/exports/{number}/file", method=method, buffered=whole)
        assert answer.status_code == 200
        answer.close()
        return [(one["action"], one["outcome"]) for one in world.audit_records()[before:]]

    assert recorded("GET") == [("view", "started"), ("export_again", "success")]
    assert recorded("HEAD") == [("view", "success")]
    assert recorded("GET", whole=False) == [("view", "started"), ("export_again", "failed")]
    assert len(logged()) == 1


def test_what_is_typed_as_a_filter_is_neither_kept_nor_logged(client: SignIn) -> None:
    browser, before = client("accountant"), len(world.audit_records())
    order = {"entity": "transactions", "format": "csv", **DAYS, "currency": "USD", "method": "Maria Plantedlast"}
    answer = post(browser, "/exports", **order)
    assert (answer.status_code, "payment_id" in answer.text) == (200, True)
    assert logged("filters->'method'") == [(["(withheld)"],)]
    more = {"name": "Maria Plantedlast", "rhythm": "weekly", "recipients": "accountant@clinic.org"}
    for path in ("/exports", "/exports/templates", "/exports/schedules"):
        refused = post(browser, path, **order | more, keep="yes")
        assert (refused.status_code, "only ids, dates, amounts and choices" in refused.text) == (400, True), path
    assert post(browser, "/exports/templates", **order | more | {"method": ""}).status_code == 302
    assert len(logged()) == 1
    records = world.audit_records()[before:]
    assert "name_sealed" in records[-1]["new_values"]
    assert "Planted" not in str(records)


def test_built_in_templates_open_the_dialog(client: SignIn) -> None:
    page = client("provider").get("/exports").text
    for name in ("tax_prep", "billing_audit", "monthly_summary", "workbook"):
        assert f"/exports/new?template={name}" in page
        assert client("provider").get(f"/exports/new?template={name}").status_code == 200
    assert "tax_prep" not in client("accountant").get("/exports").text
    assert client("accountant").get("/exports/new?template=tax_prep").status_code == 404
