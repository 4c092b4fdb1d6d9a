"""The audit log's page: what is seen of it by whom, its filters, its file, and its proof."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world
from warehouse import audit_chain
from warehouse.audit_chain import Entry
from warehouse.engine import connect

PAGE = "/admin/audit"


@pytest.fixture
def auditor(app: Flask) -> FlaskClient:
    """An auditor of H1, after users of H1 and H2 have looked at runs."""
    for hospital in ("H1", "H2"):
        email = world.add_user(app, "hospital_admin", (hospital,), f"{hospital.lower()}@clinic.org")
        world.sign_in(app, email).get("/admin/etl")
    app.test_client().get("/admin/etl")
    return world.sign_in(app, world.add_user(app, "auditor", ("H1",)))


def _rows(page: TestResponse) -> list[str]:
    return re.findall(r"<tr>\s*<th scope=\"row\".*?</tr>", page.text, re.DOTALL)


def test_an_auditor_sees_what_concerns_the_own_hospitals(auditor: FlaskClient) -> None:
    page = auditor.get(f"{PAGE}?action=view&resource=etl_runs.index")
    assert (page.status_code, len(_rows(page))) == (200, 1)
    assert "h1@clinic.org" in page.text and "h2@clinic.org" not in page.text
    logins = auditor.get(f"{PAGE}?action=login")
    assert "h1@clinic.org" in logins.text and "h2@clinic.org" not in logins.text


def test_who_sees_every_hospital_sees_everything(app: Flask, auditor: FlaskClient) -> None:
    client = world.sign_in(app, world.add_user(app, "super_admin"))
    page = client.get(f"{PAGE}?action=login&limit=500")
    assert {"h1@clinic.org", "h2@clinic.org", "auditor@clinic.org"} <= set(re.findall(r"[\w.]+@clinic\.org", page.text))
    assert "anonymous" in client.get(f"{PAGE}?outcome=denied").text


def test_filters_name_what_is_wrong_and_an_empty_list_says_so(auditor: FlaskClient) -> None:
    assert len(_rows(auditor.get(f"{PAGE}?who=H1@clinic.org&outcome=success&startDate=2020-01-01"))) >= 2
    assert "No record fits these filters" in auditor.get(f"{PAGE}?endDate=2020-01-01").text
    wrong = auditor.get(f"{PAGE}?startDate=yesterday&outcome=lost")
    assert wrong.status_code == 400
    assert "must be a day" in wrong.text and _rows(wrong) == []


def test_the_file_holds_what_the_page_shows(auditor: FlaskClient) -> None:
    with auditor.get(f"{PAGE}/export.csv?who=h1@clinic.org") as answer:
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert {line["who"] for line in lines} == {"h1@clinic.org"}
    assert {"login", "view"} <= {line["action"] for line in lines}
    assert auditor.get(f"{PAGE}/export.csv?outcome=lost").status_code == 400


@pytest.fixture
def reveal(app: Flask) -> None:
    """A record of H1 and H2, by somebody of both."""
    entry = Entry("ann", "contact_reveal", "patient", "P77", hospital_ids=("H1", "H2"), details={"case": "C77"},
                  old_values={"phone": "N77"}, new_values={"phone": "O77"})  # fmt: skip
    audit_chain.record(app.config["AUDIT_KEY"], entry)


@pytest.mark.usefixtures("reveal")
@pytest.mark.parametrize(
    ("role", "hospitals", "query", "is_told"),
    [
        ("auditor", ("H1",), "", False),
        ("auditor", ("H1", "H2"), "", True),
        ("auditor", ("H1", "H2"), "&hospitalId=H1", True),
        ("super_admin", (), "", True),
        ("super_admin", (), "&hospitalId=H2", True),
    ],
)
def test_what_a_record_holds_of_others_is_withheld(
    app: Flask, role: str, hospitals: tuple[str, ...], query: str, is_told: bool
) -> None:
    client = world.sign_in(app, world.add_user(app, role, hospitals, "reader@clinic.org"))
    (row,) = _rows(client.get(f"{PAGE}?action=contact_reveal{query}"))
    assert "ann" in row and "H1" in row
    assert [mark in row for mark in ("P77", "C77", "N77", "O77", "patient", "H2")] == [is_told] * 6
    assert ("withheld" in row) is not is_told
    with client.get(f"{PAGE}/export.csv?action=contact_reveal{query}") as answer:
        (line,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    told = [line[name] for name in ("resource_type", "resource_id", "details", "old_values", "new_values")]
    assert (any(told), all(told)) == (is_told, is_told)
    assert (line["withheld"], line["hospital_ids"]) == (str(not is_told), "H1, H2" if is_told else "H1")
    # Looking for it tells nothing either.
    assert len(_rows(client.get(f"{PAGE}?resourceId=P77{query}"))) == is_told
    assert len(_rows(client.get(f"{PAGE}?action=contact_reveal&resource=patient{query}"))) == is_told


@pytest.mark.usefixtures("reveal")
def test_a_record_of_other_hospitals_alone_does_not_exist(app: Flask) -> None:
    audit_chain.record(app.config["AUDIT_KEY"], Entry("ann", "contact_reveal", "patient", "P78", hospital_ids=("H2",)))
    client = world.sign_in(app, world.add_user(app, "auditor", ("H1",)))
    assert len(_rows(client.get(f"{PAGE}?action=contact_reveal"))) == 1
    assert _rows(client.get(f"{PAGE}?resourceId=P78")) == []


def test_only_who_may_read_it_opens_it(app: Flask, auditor: FlaskClient) -> None:
    client = world.sign_in(app, world.add_user(app, "accountant"))
    assert [client.get(path).status_code for path in (PAGE, f"{PAGE}/export.csv")] == [403, 403]


def test_the_log_is_proven_and_a_change_is_found(auditor: FlaskClient) -> None:
    def verify() -> str:
        token = world.csrf_token(auditor.get(PAGE).text)
        return auditor.post(f"{PAGE}/verify", data={"csrf_token": token}, follow_redirects=True).text

    assert re.search(r"\d+ records verify, 1 to \d+", verify())
    with connect("owner") as connection:
        connection.execute("alter table portal.audit_log disable trigger all")
        connection.execute("update portal.audit_log set user_id = '999' where id = 2")
    assert "The log does not verify: Audit record 2 was changed" in verify()
