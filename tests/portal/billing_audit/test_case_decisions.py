"""Confirm, split, undo: what people say wins, is kept for the next upload, and never gives a charge twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import LOG, import_log, key_of, post
from tests.portal.billing_audit.test_audit_page import words
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]


def billed_key(browser: FlaskClient, ticket: str) -> str:
    found = re.search(rf'/audit/cases/billed/([0-9a-f-]+)">{ticket}<', browser.get("/audit?show=unexpected").text)
    assert found
    return found[1]


def confirm_t77(browser: FlaskClient) -> str:
    key = key_of(browser, "T77")
    answer = post(browser, f"/audit/cases/{key}/confirm", billed=billed_key(browser, "T7"))
    assert answer.status_code == 302, answer.text
    return key


def test_a_missing_case_is_confirmed_as_what_was_billed(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    offered = browser.get(f"/audit/cases/{key_of(browser, 'T77')}").text
    assert 'aria-label="Ticket T7 of 13 Mar 2026"' in offered
    key = confirm_t77(browser)
    page = words(browser.get(f"/audit/cases/{key}").text)
    assert "confirmed Score 1: confirmed by a person: another ticket, same day, same codes." in page
    assert "Verified in billing yes" in page
    summary = words(browser.get("/audit").text)
    assert "Missing 1" in summary
    assert "Unexpected 0" in summary
    verified = "select patient_ticket from portal.user_case_log where verified_in_billing and patient_ticket = 'T77'"
    assert owner_rows(verified) == [("T77",)]


def test_a_confirmation_is_remembered_for_the_next_upload(client: SignIn):
    browser = client("provider")
    first = import_log(browser)
    confirm_t77(browser)
    post(browser, f"/audit/uploads/{first}/withdraw")
    assert "No case log yet" in browser.get("/audit").text
    import_log(browser, LOG + "2026-03-13,T78,D0020,,\n")
    page = words(browser.get("/audit?show=missing").text)
    assert "T78" in page
    assert "T77" not in page


def test_what_is_split_stays_apart_and_can_be_undone(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T4", "matched")
    billed = re.search(r'name="billed" value="([^"]+)"', browser.get(f"/audit/cases/{key}").text)
    assert billed
    assert post(browser, f"/audit/cases/{key}/split", billed=billed[1]).status_code == 302
    assert "Missing 3" in words(browser.get("/audit").text)
    assert owner_rows("select verified_in_billing from portal.user_case_log where patient_ticket = 'T4'") == [(False,)]
    page = browser.get(f"/audit/cases/{key}").text
    undo = re.search(r'action="(/audit/cases/[0-9a-f]+/undo/\d+)"', page)
    assert undo
    assert post(browser, undo[1]).status_code == 302
    assert "Missing 2" in words(browser.get("/audit").text)
    again = post(browser, undo[1])
    assert again.status_code == 302
    assert "taken back already" in browser.get("/audit").text


def test_charges_are_confirmed_for_one_case_only(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    billed = billed_key(browser, "T7")
    confirm_t77(browser)
    other = key_of(browser, "T3")
    answer = post(browser, f"/audit/cases/{other}/confirm", billed=billed)
    assert answer.status_code == 409
    assert "confirmed for another case: undo that first" in answer.text
    assert owner_rows("select count(*) from portal.case_log_decisions") == [(1,)]


def test_what_is_gone_reversed_or_another_s_cannot_be_confirmed(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T77")
    reversed_t3, others_t9 = (
        str(owner_rows(f"select case_key from marts_b1.fct_cases where ticket_number = '{ticket}'")[0][0])
        for ticket in ("T3", "T9")
    )
    for billed in (reversed_t3, others_t9, "00000000-0000-0000-0000-000000000000"):
        answer = post(browser, f"/audit/cases/{key}/confirm", billed=billed)
        assert answer.status_code == 400, billed
        assert "is gone, was taken back, or is not this provider" in answer.text
    assert post(browser, f"/audit/cases/{key}/confirm").status_code == 400
    assert post(browser, f"/audit/cases/{key}/confirm", billed="nonsense").status_code == 400


def test_a_confirmation_takes_a_split_of_the_same_charges_back(client: SignIn):
    browser = client("provider")
    import_log(browser)
    key = key_of(browser, "T4", "matched")
    billed = re.search(r'name="billed" value="([^"]+)"', browser.get(f"/audit/cases/{key}").text)
    assert billed
    post(browser, f"/audit/cases/{key}/split", billed=billed[1])
    assert post(browser, f"/audit/cases/{key}/confirm", billed=billed[1]).status_code == 302
    page = words(browser.get(f"/audit/cases/{key}").text)
    assert "confirmed 1 billed case" in page
    assert "split from" not in page


def test_decisions_are_recorded_with_what_they_are_about(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    billed = billed_key(browser, "T7")
    key = confirm_t77(browser)
    found = owner_rows(
        "select resource_id, hospital_ids, new_values from portal.audit_log where action = 'case_match_confirm'"
        " order by id desc limit 1"
    )
    assert found == [(key, ["H1"], {"kind": "confirm", "billed": [billed]})]


def test_marks_are_set_again_by_a_command_after_each_publication(app: Flask, client: SignIn, owner_rows: Rows):
    import_log(client("provider"))
    with connect("owner") as connection:
        connection.execute("update portal.user_case_log set verified_in_billing = not verified_in_billing")
        connection.commit()
    result = app.test_cli_runner().invoke(args=["case-logs", "verify"])
    assert (result.exit_code, result.output) == (0, "6 logged cases changed their mark.\n")
    assert owner_rows("select count(*) from portal.user_case_log where verified_in_billing") == [(4,)]
    record = "select hospital_ids, new_values from portal.audit_log where action = 'case_log_verify'"
    assert owner_rows(record) == [(["H1"], {"changed": 6})]
    assert app.test_cli_runner().invoke(args=["case-logs", "verify"]).output.startswith("0 logged cases")
