"""The list of open invoices with its follow-up: columns, filters, the work list, files, and days of the past."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape

import pytest

from tests.portal.follow_ups.conftest import Office

LIST = "/staff/outstanding"


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def _invoices(office: Office, query: str, name: str = "accountant") -> list[str]:
    answer = office.browser(name).get(f"/api/v1/reports/outstanding?hospitalId=H1&{query}")
    assert answer.status_code == 200, answer.text
    return [row["invoiceId"] for row in answer.json["data"]]


@pytest.fixture
def followed(office: Office) -> Office:
    """I01 is to be contacted about today with a broken promise, I10 later with an open one, I06's contact is done with."""
    office.say("I01", on=date(2026, 2, 1), promised_amount="5", promised_for=date(2026, 2, 10), note="Maria L\u00f3pez")
    office.say("I01", contact_on=date(2026, 3, 31), contact_with="patient")
    office.say("I10", contact_on=date(2026, 4, 2), contact_with="insurance")
    office.say("I10", promised_amount="100", promised_for=date(2026, 4, 30))
    office.say("I06", on=date(2026, 3, 1), contact_on=date(2026, 3, 2), contact_with="employer")
    office.say("I06", ends_contact=True)
    return office


def test_lists_say_what_stands_of_each_invoice(followed: Office) -> None:
    rows = followed.browser("accountant").get("/api/v1/reports/outstanding?hospitalId=H1").json["data"]
    by_id = {row["invoiceId"]: row for row in rows}
    named = ("nextContactOn", "nextContactWith", "promisedAmount", "promisedFor", "promiseState", "worstDaysOverdue")
    assert [by_id["I01"][name] for name in named] == ["2026-03-31", "patient", "5.00", "2026-02-10", "broken", 50]
    assert [by_id["I10"][name] for name in named] == ["2026-04-02", "insurance", "100.00", "2026-04-30", "open", 91]
    assert [by_id["I06"][name] for name in named] == [None, None, None, None, None, 30]
    assert by_id["I11"]["worstDaysOverdue"] == 91  # of the same patient as I10


@pytest.mark.parametrize(
    ("query", "invoices"),
    [
        ("contact=due", ["I01"]),
        ("contact=planned", ["I10", "I01"]),
        ("contact=planned&sort=nextContact", ["I01", "I10"]),
        ("promise=broken", ["I01"]),
        ("promise=open", ["I10"]),
        ("promise=kept", []),
        ("promise=open&contact=due", []),
        ("contact=due&minDays=51", []),
        ("contact=due&asOfDate=2026-03-30", ["I06"]),  # I01's was made on the 31st, on which I06's was done with
        ("promise=open&asOfDate=2026-02-05", ["I01"]),
        ("contact=planned&knownAt=2026-03-31", ["I10", "I01"]),
    ],
)
def test_filters_of_follow_up(followed: Office, query: str, invoices: list[str]) -> None:
    assert _invoices(followed, query) == invoices


@pytest.mark.parametrize("day", ["", "&asOfDate=2026-03-10", "&knownAt=2026-03-31"])
@pytest.mark.parametrize("sort", ["worstDaysOverdue", "-worstDaysOverdue"])
def test_sorted_by_the_patients_worst_age_whatever_the_filters(followed: Office, sort: str, day: str) -> None:
    answer = followed.browser("accountant").get(
        f"/api/v1/reports/outstanding?hospitalId=H1&sort={sort}{day}&maxDays=90"
    )
    rows = answer.json["data"]
    worst = [row["worstDaysOverdue"] for row in rows]
    assert len(worst) > 5 and worst == sorted(worst, reverse=sort.startswith("-"))
    eldest = next(row for row in rows if row["invoiceId"] == "I11")
    assert eldest["worstDaysOverdue"] == (70 if "03-10" in day else 91)  # I10's, which the filter leaves out


def test_the_work_list_is_a_link_with_a_count(followed: Office) -> None:
    browser = followed.browser("clerk")
    page = browser.get(LIST)
    link = re.search(r'href="([^"]*contact=due[^"]*)">To contact today: 1 invoice<', page.text)
    assert link
    text = _text(browser.get(unescape(link[1])).text)
    assert "1 row" in text and "31 Mar 2026, the patient due" in text and "$5.00 by 10 Feb 2026 broken" in text
    assert "To contact today" not in _text(followed.browser("viewer").get(LIST).text)


@pytest.mark.parametrize("query", ["contact=soon", "promise=replaced", "knownAt=2026-02-30", "knownAt=2026-04-01"])
def test_a_wrong_filter_is_named(office: Office, query: str) -> None:
    page = office.browser("clerk").get(f"{LIST}?{query}")
    assert page.status_code == 400
    assert f'id="e-{query.partition("=")[0]}"' in page.text or "replaced" in query or "soon" in query
    assert office.browser("accountant").get(f"/api/v1/reports/outstanding?{query}").status_code == 400


def test_files_have_the_columns_and_no_note(followed: Office) -> None:
    with followed.browser("accountant").get(f"{LIST}/export?format=csv&contact=planned&sort=nextContact") as sent:
        text = sent.text  # a stream holds its connection until it is closed
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["invoice_id"], row["next_contact_on"], row["promise_state"]) for row in rows] == [
        ("I01", "2026-03-31", "broken"), ("I10", "2026-04-02", "open"),
    ]  # fmt: skip
    assert "Maria" not in text


@pytest.mark.parametrize(
    ("as_of", "known"), [("2026-03-31", "2026-02-10"), ("2026-03-31", "2026-03-31"), ("2026-02-10", "2026-03-31")]
)
def test_rows_as_known_on_a_day_add_up_to_the_aging_of_that_knowledge(office: Office, as_of: str, known: str) -> None:
    browser, days = office.browser("accountant"), f"hospitalId=H1&asOfDate={as_of}&knownAt={known}"
    listed = browser.get(f"/api/v1/reports/outstanding?{days}&limit=500").json
    aged = browser.get(f"/api/v1/financial-reports/ar-aging?{days}&limit=500").json["data"]
    assert listed["meta"]["totalOutstanding"] == aged["totalOutstanding"]
    assert listed["meta"]["knownAt"] == known
    found = sorted((row["invoiceId"], row["amountDue"], row["daysOverdue"]) for row in listed["data"])
    assert found == sorted((row["invoiceId"], row["amountDue"], row["daysOverdue"]) for row in aged["details"])
    page = _text(browser.get(f"{LIST}?{days}").text)
    assert f"${aged['totalOutstanding']}" in page.replace(",", "") and "As it was known at the end of" in page
