"""A patient's statement as PDF: open invoices, payments of a period and the balance; by id alone, recorded, for who may."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pdfplumber
import pytest
from flask.testing import FlaskClient

from tests.portal import world
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
_PAGE = "/staff/reports/patients/{}/statement?hospitalId=H1"


def _text(content: bytes) -> str:
    with pdfplumber.open(io.BytesIO(content)) as file:
        return "\n".join(page.extract_text() for page in file.pages)


def test_a_statement_has_what_is_open_what_was_paid_and_the_balance(client: SignIn) -> None:
    sent = client("accountant").get(_PAGE.format("P01") + "&startDate=2026-01-01&endDate=2026-01-31")
    assert sent.status_code == 200 and sent.mimetype == "application/pdf"
    assert "daybook-statement-P01-usd-2026-03-31-b1.pdf" in sent.headers["Content-Disposition"]
    text = _text(sent.data)
    for expected in ("Statement of patient P01", "Hudson Clinic", "Payments from 2026-01-01 to 2026-01-31", "Page 1 of 1",
                     "build 1", "I01 1 2026-01-10 2026-02-09 50 60.00", "2026-01-20 Y01 I01 card paid 40.00"):  # fmt: skip
        assert expected in text, (expected, text)
    assert re.search(r"60\.00 0\.00 60\.00 40\.00", text), text  # open, credit, balance, paid in the period
    assert "Maria" not in text and "pez" not in text
    last = world.audit_records()[-1]
    assert (last["action"], last["resource_id"]) == ("export", "statement-P01-usd-2026-03-31")
    assert last["details"]["format"] == "pdf" and last["hospital_ids"] == ["H1"]


def test_it_is_on_record_at_the_patients_hospital_alone(client: SignIn) -> None:
    assert client("accountant_both").get("/staff/reports/patients/P20/statement").status_code == 200
    assert world.audit_records()[-1]["hospital_ids"] == ["H1"]
    with connect("owner") as connection:
        last = connection.execute("select hospital_ids from portal.export_log order by id desc limit 1").fetchall()
    assert last == [(["H1"],)]


def test_payments_outside_the_period_are_left_out(client: SignIn) -> None:
    text = _text(client("accountant").get(_PAGE.format("P01") + "&startDate=2026-03-01").data)
    assert "Y01" not in text and "There is nothing to show" in text
    assert re.search(r"60\.00 0\.00 60\.00 0\.00", text), text


def test_money_that_settles_nothing_is_a_credit(client: SignIn) -> None:
    account = "select p.patient_id from marts_b1.rpt_patient_accounts as p where p.hospital_id = 'H1' and p.credit_balance > 0"
    with connect("owner") as connection:
        patient, credit = connection.execute(
            account.replace("p.patient_id", "p.patient_id, p.credit_balance")
        ).fetchall()[0]
    text = _text(client("accountant").get(_PAGE.format(patient)).data)
    assert f"{credit:.2f}" in text


@pytest.mark.parametrize(
    ("who", "patient", "query", "status"),
    [
        ("patient_accounts", "P01", "", 403),  # no exports
        ("accountant_h2", "P01", "", 404),
        ("accountant", "nobody", "", 404),
        ("accountant", "P01", "&startDate=2026-02-30", 400),
        ("accountant", "P01", "&startDate=2026-03-01&endDate=2026-02-01", 400),
        ("accountant", "P01", "&currency=EUR", 400),
    ],
)
def test_who_may_not_and_what_cannot_be(client: SignIn, who: str, patient: str, query: str, status: int) -> None:
    assert client(who).get(_PAGE.format(patient) + query).status_code == status


def test_an_id_of_two_hospitals_wants_the_hospital(client: SignIn) -> None:
    browser = client("accountant_both")
    assert browser.get("/staff/reports/patients/P01/statement").status_code == 400
    euro = _text(browser.get("/staff/reports/patients/P01/statement?hospitalId=H2").data)
    assert "EUR" in euro and "Hudson Clinic" not in euro


def test_the_patients_page_links_to_it_with_its_days(client: SignIn) -> None:
    page = client("accountant").get("/staff/patients/P01?startDate=2026-01-15").text
    assert re.search(r'href="/staff/reports/patients/P01/statement\?[^"]*startDate=2026-01-15', page)
    assert "statement" not in client("patient_accounts").get("/staff/patients/P01").text
