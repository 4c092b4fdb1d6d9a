"""What stands in a case log is encrypted where it is kept, turns with the keys, and does not stay unconfirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import LOG, draft, import_log, key_of
from warehouse import rekey
from warehouse.engine import connect
from warehouse.identity import IdentityKeyError
from warehouse.settings import load_secrets

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]
_KEPT = """
  select row_to_json(u)::text from portal.case_log_uploads as u
  union all select row_to_json(l)::text from portal.user_case_log as l
"""


def _clear(owner_rows: Rows) -> list[str]:
    """What of the log stands in the tables as it was sent, as text or as bytes."""
    words = ("Plantedname", "march.csv", "Remarks", "Minutes")
    kept = " ".join(row for (row,) in owner_rows(_KEPT))
    return [word for word in words if word in kept or word.encode().hex() in kept]


def test_a_draft_is_encrypted_with_its_name(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    number = draft(browser)
    assert _clear(owner_rows) == []
    page = browser.get(f"/audit/uploads/{number}").text
    assert "march.csv" in page and "Plantedname" in page


def test_notes_and_headings_are_encrypted_and_shown_on_the_page_of_their_case(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    number = import_log(browser, LOG.replace("T3,D0010,30,", "T3,D0010,30,Plantedname again"))
    assert _clear(owner_rows) == []
    assert "Plantedname again" in browser.get(f"/audit/cases/{key_of(browser, 'T3')}").text
    assert "march.csv" in browser.get(f"/audit/uploads/{number}").text
    for name in ("abroad", "other"):
        assert "march.csv" not in client(name).get("/audit/uploads").text


def test_all_of_it_turns_with_the_keys(client: SignIn, owner_rows: Rows, monkeypatch: pytest.MonkeyPatch):
    browser = client("provider")
    import_log(browser, LOG.replace("T3,D0010,30,", "T3,D0010,30,Plantedname again"))
    waits = draft(browser, LOG + "\n")
    old, new = load_secrets(), Fernet.generate_key().decode()
    turned = replace(old, phi_keys=(new, *old.phi_keys))
    with connect("owner") as owner, pytest.raises(IdentityKeyError):
        rekey.reseal(owner, replace(old, phi_keys=(new,)))
    with connect("owner") as owner:
        assert rekey.reseal(owner, turned) == 6  # two names, a file, the headings of one, two notes
    monkeypatch.setenv("DAYBOOK_PHI_KEYS", new)  # the former key is gone
    assert "march.csv" in browser.get(f"/audit/uploads/{waits}").text
    assert "Plantedname again" in browser.get(f"/audit/cases/{key_of(browser, 'T3')}").text
    monkeypatch.undo()
    with connect("owner") as owner:
        rekey.reseal(owner, replace(old, phi_keys=(*old.phi_keys, new)))
    assert "march.csv" in browser.get(f"/audit/uploads/{waits}").text


def test_what_nobody_confirmed_within_a_day_goes(app: Flask, client: SignIn, owner_rows: Rows):
    browser = client("provider")
    kept = import_log(browser)
    draft(browser, LOG + "\n")
    with connect("owner") as owner:
        owner.execute("update portal.case_log_uploads set created_at = %s", [datetime.now(UTC) - timedelta(hours=23)])
    forget = app.test_cli_runner().invoke
    assert forget(args=["case-logs", "forget-drafts"]).output == "0 drafts were deleted.\n"
    with connect("owner") as owner:
        owner.execute("update portal.case_log_uploads set created_at = %s", [datetime.now(UTC) - timedelta(hours=25)])
    assert forget(args=["case-logs", "forget-drafts"]).output == "1 drafts were deleted.\n"
    assert owner_rows("select id from portal.case_log_uploads") == [(kept,)]
    recorded = "select hospital_ids, old_values from portal.audit_log where action = 'case_log_forget'"
    assert owner_rows(recorded) == [(["H1"], {"drafts": 1})]
