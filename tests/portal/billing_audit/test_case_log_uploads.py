"""Uploading: files that cannot be read, the same file twice, columns that are remembered, withdrawing, and who may."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal import world
from tests.portal.billing_audit.logs import LOG, columns, draft, import_log, key_of, post, send
from tests.portal.billing_audit.test_audit_page import words
from warehouse.settings import ROOT

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read_like_a_text_file(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(
        browser,
        workbook(
            ("Date", "Ticket", "CPT", "Duration"), (date(2026, 3, 12), 1234.0, 790, "1:02"),
            (datetime(2026, 3, 12, 8, 30), "T2", "D0010,D0020", 62), (None, None, None, None),  # noqa: DTZ001
        ),
    )  # fmt: skip
    assert owner_rows("select row_no, patient_ticket, cpt_codes, minutes::int from portal.user_case_log order by 1") == [
        (2, "1234", "00790", 62), (3, "T2", "D0010,D0020", 62),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"Date,Ticket\n", "headings and no rows"),
        (b"PK\x03\x04 nothing of a workbook", "The XLSX file is damaged"),
        (b"\x00\x01\x02\x03 binary", "That is no CSV or XLSX file"),
        (b'Date,Ticket\n"' + b"x" * 200_000 + b"\n", "cannot be read: check its quotation marks"),
        (b"Date,Ticket\n" + b"2026-03-12,1\n" * 20_001, "more than 20,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    client: SignIn, owner_rows: Rows, content: bytes, sentence: str
):
    answer = send(client("provider"), content)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert owner_rows("select count(*) from portal.case_log_uploads") == [(0,)]


def _with_sheet(rows: bytes, before: bytes = b"") -> bytes:
    """A workbook with these rows in its first sheet."""
    file, space = io.BytesIO(), b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with (
        zipfile.ZipFile(io.BytesIO(workbook(("Date",), ("2026-03-12",)))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in good.infolist():
            text = good.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                text = before + b"<worksheet xmlns=" + space + b"><sheetData>" + rows + b"</sheetData></worksheet>"
            made.writestr(part.filename, text)
    return file.getvalue()


def test_a_workbook_that_unfolds_without_end_is_refused(client: SignIn):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    assert len(file.getvalue()) < 1_000_000
    answer = send(client("provider"), file.getvalue(), "log.xlsx")
    assert (answer.status_code, "too large once unpacked" in answer.text) == (400, True)


def test_a_row_without_end_costs_its_reader_the_file_and_nobody_anything(client: SignIn):
    cells = b"<c/>" * 3_000_000  # a gigabyte, once they are objects
    answer = send(client("provider"), _with_sheet(b"<row>" + cells + b"</row>"), "log.xlsx")
    assert (answer.status_code, "too large once unpacked" in answer.text) == (400, True)
    kept = send(client("provider"), _with_sheet(b"<row><c><v>1</v></c></row>" * 2), "log.xlsx")
    assert kept.status_code == 302


def test_workbooks_are_read_with_what_production_has():
    assert openpyxl.DEFUSEDXML
    assert "defusedxml==" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_a_workbook_with_entities_is_refused(client: SignIn):
    answer = send(client("provider"), _with_sheet(b"", before=b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "log.xlsx")
    assert (answer.status_code, "damaged" in answer.text) == (400, True)


def test_more_than_a_megabyte_is_refused(client: SignIn):
    assert send(client("provider"), b"x" * (1024 * 1024)).status_code == 413


def test_without_a_file_the_form_says_so(client: SignIn):
    answer = post(client("provider"), "/audit/uploads")
    assert (answer.status_code, "Choose a file" in answer.text) == (400, True)


def test_the_same_file_twice_says_so_and_adds_nothing(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    first = import_log(browser)
    again = draft(browser)
    page = browser.get(f"/audit/uploads/{again}").text
    assert f"This very file was imported as upload {first}" in page
    assert "Import 6 rows" not in page
    post(browser, f"/audit/uploads/{again}/import", **columns(browser, again))
    assert owner_rows("select count(*) from portal.user_case_log") == [(6,)]


def test_the_same_case_in_another_file_is_one_case_as_the_newest_says(client: SignIn):
    browser = client("provider")
    import_log(browser)
    import_log(browser, LOG.replace("T77", "T7").replace("T5,D0099,10", "T5,D0099,5"))
    page = words(browser.get("/audit").text)
    assert "Logged 7" in page  # T7 is another case than T77, which the first file still has
    assert "Discrepancies 0" in page


def test_a_withdrawn_upload_counts_no_more(client: SignIn):
    browser = client("provider")
    number = import_log(browser)
    import_log(browser, "Date,Ticket\n2026-03-12,T4\n")
    assert post(browser, f"/audit/uploads/{number}/withdraw").status_code == 302
    page = words(browser.get("/audit").text)
    assert "Logged 1 1 of them billed" in page
    assert "withdrawn" in browser.get("/audit/uploads").text
    assert import_log(browser)  # the file may come again


def test_columns_are_remembered_for_the_next_file_with_the_same_headings(client: SignIn):
    browser = client("provider")
    text = "When,Where,What\n03/12/2026,T4,D0010\n03/11/2026,T5,D0010\n"
    number = draft(browser, text)
    assert columns(browser, number)["date"] == ""
    chosen = {"date": "When", "ticket": "Where", "codes": "What", "dateOrder": "mdy"}
    days = {"coveredFrom": "2026-03-11", "coveredTo": "2026-03-12"}
    assert post(browser, f"/audit/uploads/{number}/import", **chosen, **days).status_code == 302
    again = draft(browser, text.replace("T5", "T6"))
    assert chosen.items() <= columns(browser, again).items()
    assert "The columns are those of an earlier file" in browser.get(f"/audit/uploads/{again}").text


def test_days_and_months_that_could_be_either_are_pointed_out(client: SignIn):
    browser = client("provider")
    number = draft(browser, "Date,Ticket\n03/02/2026,T4\n")
    page = browser.get(f"/audit/uploads/{number}").text
    assert "with day and month the other way round" in page
    assert "2 Mar 2026" in page


def test_a_log_of_no_cases_is_not_imported(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    number = draft(browser)
    answer = post(
        browser, f"/audit/uploads/{number}/import", date="Remarks", ticket="Ticket", codes="", dateOrder="ymd"
    )
    assert (answer.status_code, "No row is a case" in answer.text) == (400, True)
    assert owner_rows("select imported_at from portal.case_log_uploads") == [(None,)]


def test_a_new_draft_takes_the_place_of_the_former(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    draft(browser)
    number = draft(browser, LOG + "\n")
    assert owner_rows("select id from portal.case_log_uploads") == [(number,)]


def test_a_manager_says_whose_log_it_is(client: SignIn):
    browser = client("manager")
    assert "say whose log it is" in send(browser).text
    assert send(browser, provider="D3").status_code == 400
    number = draft(browser, provider="D2")
    assert "Dr Two" in browser.get(f"/audit/uploads/{number}").text


def test_nobody_sees_another_provider_s_log(client: SignIn):
    browser = client("provider")
    number = import_log(browser)
    key = key_of(browser, "T3")
    billed = browser.get(f"/audit/cases/{key_of(browser, 'T4', 'matched')}").text.split('name="billed" value="')[1][:36]
    for name in ("other", "abroad"):
        stranger = client(name)
        assert "No case log yet" in stranger.get("/audit").text
        for address in (f"/audit/uploads/{number}", f"/audit/cases/{key}", f"/audit/cases/billed/{billed}"):
            assert stranger.get(address).status_code == 404, (name, address)
        assert post(stranger, f"/audit/uploads/{number}/withdraw").status_code == 404
        assert post(stranger, f"/audit/cases/{key}/confirm", billed=billed).status_code == 404
    assert client("viewer").get("/audit").status_code == 403
    assert "Missing 2" in words(client("manager").get("/audit?providerId=D1").text)
    assert "Missing 2" in words(client("super_admin").get("/audit?hospitalId=H1&currency=USD").text)


def test_a_draft_is_its_person_s_alone(client: SignIn):
    number = draft(client("provider"))
    manager = client("manager")
    assert manager.get(f"/audit/uploads/{number}").status_code == 404
    assert post(manager, f"/audit/uploads/{number}/import").status_code == 404


def test_what_stands_in_a_log_is_in_no_record_and_no_file(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser, LOG)
    key = key_of(browser, "T3")
    browser.get(f"/audit/cases/{key}")
    for kind in ("csv", "xlsx", "pdf"):
        with browser.get(f"/audit/export?format={kind}") as answer:
            assert b"Plantedname" not in answer.data
    records = owner_rows("select row_to_json(l)::text from portal.audit_log as l")
    assert any("case_log_import" in record for (record,) in records)
    assert not [record for (record,) in records if "Plantedname" in record or "march.csv" in record]
    assert owner_rows("select content, rows_kept, jsonb_array_length(rejected) from portal.case_log_uploads") == [
        (None, 6, 3)
    ]


def test_importing_wants_the_password_when_it_was_typed_long_ago(app: Flask, client: SignIn, owner_rows: Rows):
    browser = world.sign_in(app, "manager@clinic.org")
    number = draft(browser, provider="D1")
    form = columns(browser, number)
    clock = app.config["CLOCK"]
    app.config["CLOCK"] = lambda: datetime.now(UTC) + timedelta(minutes=14)
    app.config["FRESH_FOR"], before = timedelta(minutes=5), app.config["FRESH_FOR"]
    try:
        asked = post(browser, f"/audit/uploads/{number}/import", **form)
        assert asked.status_code == 401
        assert owner_rows("select count(*) from portal.user_case_log") == [(0,)]
        done = post(browser, f"/audit/uploads/{number}/import", confirm_password=world.PASSWORD, **form)
        assert done.status_code == 302
    finally:
        app.config["CLOCK"], app.config["FRESH_FOR"] = clock, before
    assert owner_rows("select count(*) from portal.user_case_log") == [(6,)]
