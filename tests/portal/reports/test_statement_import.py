"""A monthly statement from the file to the page of compensation, whatever the file is, and files that are made to be too much."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf.actions import JavaScript
from reportlab.lib import colors
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.billing_audit.conftest import PEOPLE
from tests.portal.billing_audit.test_audit_page import words
from warehouse.engine import connect

Browser = Callable[[str], FlaskClient]
_ROWS = [["Gross pay", "$1,234.50"], ["Commission", "100.00"], ["Deductions", "(25.50)"], ["Net pay", "1,209.00"]]
_PAGE = "/compensation/statements"


@pytest.fixture(scope="module")
def app(server: str, published_world: str) -> Iterator[Flask]:
    """The portal on a copy of the world of this module's own."""
    for _ in fresh_database(server, published_world):
        made = world.make_app()
        for name, (role, hospitals, providers) in PEOPLE.items():
            world.add_user(made, role, hospitals, f"{name}@clinic.org", providers)
        yield made


@pytest.fixture(scope="module")
def signed_in(app: Flask) -> dict[str, FlaskClient]:
    """Browsers of people, once they are asked for."""
    return {}


@pytest.fixture
def client(app: Flask, signed_in: dict[str, FlaskClient]) -> Browser:
    """Sign in: ``client("provider")``; nothing is imported yet."""
    with connect("owner") as owner:
        owner.execute("truncate portal.imported_statements restart identity")
        owner.commit()

    def browser(name: str) -> FlaskClient:
        return (
            signed_in.setdefault(name, world.sign_in(app, f"{name}@clinic.org"))
            if name not in signed_in
            else signed_in[name]
        )

    return browser


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connect("owner") as owner:
        return owner.execute(query.encode()).fetchall()


def _ruled() -> bytes:
    file = io.BytesIO()
    SimpleDocTemplate(file).build([Table(_ROWS, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])])
    return file.getvalue()


def _lines(pages: int = 1, text: bool = True) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    for _ in range(pages):
        for line, (label, amount) in enumerate(_ROWS if text else []):
            canvas.drawString(72, 700 - 20 * line, label)
            canvas.drawString(300, 700 - 20 * line, amount)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _locked() -> bytes:
    writer, file = pypdf.PdfWriter(clone_from=io.BytesIO(_ruled())), io.BytesIO()
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(file)
    return file.getvalue()


def _with_script() -> bytes:
    writer, file = pypdf.PdfWriter(clone_from=io.BytesIO(_ruled())), io.BytesIO()
    writer.add_open_action(JavaScript("app.alert('here');"))
    writer.write(file)
    return file.getvalue()


def _workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["Gross pay", 1234.5], ["Commission", 100], ["Deductions", 25.5], ["Net pay", 1209]):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024 * 1024))
    return file.getvalue()


_CSV = "\n".join(";".join(row) for row in _ROWS).encode()


def _token(browser: FlaskClient) -> str:
    return world.csrf_token(browser.get("/account").text)


def _read(browser: FlaskClient, content: bytes, name: str, **form: str) -> Any:
    fields = {"csrf_token": _token(browser), "month": "2026-02", "file": (io.BytesIO(content), name), **form}
    return browser.post(f"{_PAGE}/read", data=fields, content_type="multipart/form-data")


def _keep(browser: FlaskClient, **form: str) -> Any:
    return browser.post(_PAGE, data={"csrf_token": _token(browser), "month": "2026-02", "grossPay": "1234.50", **form})


@pytest.mark.parametrize(
    ("make", "kind"),
    [(_ruled, "pdf"), (_lines, "pdf"), (_with_script, "pdf"), (_workbook, "xlsx"), (lambda: _CSV, "csv")],
)
def test_every_kind_of_file_is_read(client: Browser, make: Callable[[], bytes], kind: str) -> None:
    answer = _read(client("provider"), make(), f"statement.{kind}")
    assert answer.status_code == 200, answer.text
    for name, amount in (("grossPay", "1234.5"), ("commission", "100"), ("deductions", "25.5"), ("netPay", "1209")):
        assert f'name="{name}" type="text" value="{amount}' in answer.text, name
    assert 'name="bonus" type="text" value=""' in answer.text
    assert "? is not in the file" in answer.text
    assert f'name="readFrom" value="{kind}"' in answer.text
    assert _rows("select count(*) from portal.imported_statements") == [(0,)]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_locked, "The PDF is protected by a password"),
        (lambda: _lines(pages=1_000), "more than 20 pages"),
        (lambda: _lines(text=False), "has no text, as if it was scanned"),
        (lambda: _ruled()[:700], "The PDF cannot be read"),
        (lambda: b"%PDF-1.7 nonsense", "The PDF cannot be read"),
        (_bomb, "The XLSX file is too large once unpacked"),
        (lambda: b"PK\x03\x04 nonsense", "The XLSX file is damaged"),
        (lambda: b"\x00\x01\x02", "That is no CSV or XLSX file"),
        (lambda: b"", "The file is empty"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(client: Browser, make: Callable[[], bytes], says: str) -> None:
    answer = _read(client("provider"), make(), "statement")
    assert answer.status_code == 400
    assert says in answer.text


def test_a_confirmed_statement_stands_beside_the_calculation(client: Browser) -> None:
    browser = client("provider")
    answer = _keep(browser, commission="100", deductions="25.50", netPay="1209.00", readFrom="pdf")
    assert answer.status_code == 302, answer.text
    page = words(browser.get("/compensation").text)
    assert "Feb 2026 of Dr One: the calculation" in page
    assert "$1,234.50 $100.00 $0.00 $25.50 $1,209.00 $1,234.50 imported" in page
    assert "2 statements, 1 of them imported" in page
    total = browser.get("/api/v1/compensation?startDate=2026-02-01&endDate=2026-03-31").json["data"]["total"]
    assert (total["statementCount"], total["importedStatementCount"]) == (2, 1)
    assert total["statement"]["grossPay"] == "1834.50"
    assert "imported by people" in browser.get("/compensation/month?providerId=D1&month=2026-02").text
    record = "select new_values from portal.audit_log where action = 'statement_import' order by id desc limit 1"
    assert _rows(record)[0][0] == {
        "provider_id": "D1", "month": "2026-02", "gross_pay": "1234.50", "commission": "100", "bonus": "0",
        "deductions": "25.50", "read_from": "pdf",
    }  # fmt: skip


def test_what_the_source_delivers_counts(client: Browser) -> None:
    browser = client("provider")
    before = browser.get("/api/v1/compensation").json["data"]
    assert _keep(browser, month="2026-03", grossPay="700").status_code == 302
    assert browser.get("/api/v1/compensation").json["data"] == before
    assert "the source delivers $600.00, which counts differs" in words(browser.get(_PAGE).text)


def test_another_takes_the_place_of_the_first_which_stays(client: Browser) -> None:
    browser = client("provider")
    _keep(browser)
    _keep(browser, grossPay="1300")
    assert _rows("select gross_pay::text, ended_at is null from portal.imported_statements order by id") == [
        ("1234.500", False), ("1300.000", True),
    ]  # fmt: skip
    record = (
        "select old_values ->> 'gross_pay', new_values ->> 'gross_pay' from portal.audit_log order by id desc limit 5"
    )
    assert ("1234.500", "1300") in _rows(record)
    token = _token(browser)
    assert browser.post(f"{_PAGE}/2/withdraw", data={"csrf_token": token}).status_code == 302
    page = words(browser.get(_PAGE).text)
    assert page.count("replaced or withdrawn") == 2
    browser.post(f"{_PAGE}/2/withdraw", data={"csrf_token": token})
    assert "replaced or withdrawn already" in browser.get(_PAGE).text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"deductions": "30", "netPay": "1"}, "is not gross less deductions, which is 1204.50"),
        ({"commission": "1000", "bonus": "1000"}, "is less than commission and bonus together"),
        ({"grossPay": ""}, "is required"),
        ({"grossPay": "many"}, "must be an amount"),
        ({"month": "2026-04"}, "is after the business date"),
        ({"month": "soon"}, "month"),
        ({"provider": "H1|D2"}, "Choose one of your providers."),
    ],
)
def test_what_does_not_add_up_is_not_kept(client: Browser, form: dict[str, str], says: str) -> None:
    answer = _keep(client("provider"), **form)
    assert (answer.status_code, says in answer.text) == (400, True), answer.text
    assert _rows("select count(*) from portal.imported_statements") == [(0,)]


def test_a_statement_is_of_those_of_the_provider_alone(client: Browser) -> None:
    _keep(client("provider"))
    assert "1,234.50" in client("manager").get(_PAGE).text
    for name in ("other", "abroad"):
        stranger = client(name)
        assert "Nothing was imported yet" in stranger.get(_PAGE).text
        assert stranger.post(f"{_PAGE}/1/withdraw", data={"csrf_token": _token(stranger)}).status_code == 404
    assert client("viewer").get(_PAGE).status_code == 403
    manager = client("manager")
    assert "Choose one of your providers." in _keep(manager).text
    assert _keep(manager, provider="H1|D2").status_code == 302
