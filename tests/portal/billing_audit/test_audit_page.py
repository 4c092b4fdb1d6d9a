"""From the upload to the lists of the audit, as a browser without scripts does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import columns, draft, import_log, key_of, post

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _behind(page: str, *cards: str) -> list[str]:
    return [unescape(found[1]) for card in cards if (found := re.search(rf'href="([^"]+)" aria-label="{card}:', page))]


def test_without_a_log_the_page_says_what_to_do(client: SignIn):
    assert "No case log yet" in client("provider").get("/audit").text


def test_a_file_is_shown_as_it_would_be_read(client: SignIn):
    browser = client("provider")
    number = draft(browser)
    page = words(browser.get(f"/audit/uploads/{number}").text)
    assert "As it would be read, the first 6 of 6" in page
    assert "2 10 Mar 2026 t-1 D0010 D0099 62 Mrs. Plantedname was late" in page
    assert "3 lines cannot be used" in page
    assert "8 It has neither a ticket nor a code" in page
    assert "9 The date is no day of the calendar" in page
    assert "10 The date is after the business date, 2026-03-31." in page
    proposed = columns(browser, number)
    assert proposed == {
        "date": "Date", "ticket": "Ticket", "codes": "CPT", "minutes": "Minutes", "notes": "Remarks", "dateOrder": "ymd",
        "coveredFrom": "2026-03-10", "coveredTo": "2026-03-13",
    }  # fmt: skip


def test_other_columns_are_shown_before_anything_counts(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    number = draft(browser)
    page = post(browser, f"/audit/uploads/{number}/preview", date="Date", ticket="CPT", codes="", dateOrder="ymd").text
    assert "2 10 Mar 2026 D0010 D0099 – – –" in words(page)
    assert owner_rows("select count(*) from portal.user_case_log") == [(0,)]


def test_the_audit_of_a_log(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    import_log(browser)
    page = words(browser.get("/audit").text)
    assert "10 Mar 2026 to 13 Mar 2026, USD" in page
    assert "Logged 6 4 of them billed, 4 for certain" in page
    assert "Billed $1,900.25 5 cases, $40.00 paid" in page
    assert "Missing 2" in page
    assert "Unexpected 1 $300.00 billed" in page
    assert "Discrepancies 1" in page
    assert "12 Mar 2026 T3 D0010 $40.00 median of all 1 paid cases it was billed and taken back" in page
    assert "13 Mar 2026 T77 D0020 $40.00 median of all 1 paid cases what comes nearest is not sure enough" in page
    assert "Mar 2026 6 3 1 0 2 1" in page  # the timeline
    assert owner_rows("select patient_ticket from portal.user_case_log where verified_in_billing order by row_no") == [
        ("t-1",), ("T2",), ("T4",), ("T5",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("unexpected", "13 Mar 2026 T7 D0020 $300.00 $0.00"),
        ("discrepancies", "12 Mar 2026 T5 – $20.00 0.98 10 minutes logged, 5 billed"),
        ("matched", "10 Mar 2026 t-1 D0010 D0099 $580.25 $40.00 1.00 same ticket, same day, same codes"),
        ("ambiguous", "Nothing to decide"),
        ("logged", "12 Mar 2026 T5 D0099 10 different"),
        ("billed", "13 Mar 2026 T7 D0020 $300.00 $0.00 – unexpected"),
    ],
)
def test_each_list_of_the_audit(client: SignIn, show: str, expected: str):
    browser = client("provider")
    import_log(browser)
    assert expected in words(browser.get(f"/audit?show={show}").text)


def test_the_lists_behind_logged_and_billed_have_every_case_that_the_cards_count(client: SignIn):
    browser = client("provider")
    import_log(browser)
    page = browser.get("/audit").text
    logged, billed = (browser.get(address).text for address in _behind(page, "Logged", "Billed"))
    assert sorted(re.findall(r'badge--\w+">([^<]+)<', logged)) == ["as logged"] * 3 + ["different"] + ["missing"] * 2
    amounts = re.findall(r'billed/[^"]+">.*?table__number">\$([\d.,]+)<.*?badge--\w+">([^<]+)<', billed, re.DOTALL)
    assert sorted(fate for _, fate in amounts) == ["as logged"] * 3 + ["different", "unexpected"]
    assert sum(Decimal(amount.replace(",", "")) for amount, _ in amounts) == Decimal("1900.25")


def test_filters_and_pages(client: SignIn):
    browser = client("provider")
    import_log(browser)
    assert "Missing 1" in words(browser.get("/audit?startDate=2026-03-13&endDate=2026-03-13").text)
    assert "page 2 of 2" in words(browser.get("/audit?limit=1&page=2").text)
    wrong = browser.get("/audit?startDate=2026-03-13&endDate=2026-03-01&show=all")
    assert wrong.status_code == 400
    assert "is before the first day" in wrong.text
    assert browser.get("/audit?providerId=D2").status_code == 404


def test_a_log_covers_the_days_that_are_said(client: SignIn):
    browser = client("provider")
    import_log(browser, coveredFrom="2026-03-01", coveredTo="2026-03-31")
    page = words(browser.get("/audit?show=unexpected").text)
    assert "9 Mar 2026 T1 D0020 $300.00" in page
    assert "Unexpected 2" in page


def test_days_that_do_not_hold_every_case_are_refused(client: SignIn, owner_rows: Rows):
    browser = client("provider")
    number = draft(browser)
    form = columns(browser, number) | {"coveredFrom": "2026-03-11"}
    answer = post(browser, f"/audit/uploads/{number}/import", **form)
    assert answer.status_code == 400
    assert "The log has cases from 2026-03-10 to 2026-03-13" in answer.text
    assert owner_rows("select count(*) from portal.user_case_log") == [(0,)]


def test_the_case_with_its_charges(client: SignIn):
    browser = client("provider")
    import_log(browser)
    page = words(browser.get(f"/audit/cases/{key_of(browser, 't-1', 'matched')}").text)
    assert "billed Score 1.00: same ticket, same day, same codes." in page
    assert "Mrs. Plantedname was late" in page
    assert "K01 T1 10 Mar 2026 11 Mar 2026 D0010 1 60 $500.00 – taken back" in page
    assert "K02 T1 10 Mar 2026 15 Mar 2026 D0010 -1 60 −$500.00 – takes back" in page


def test_the_billed_case_with_its_charges(client: SignIn):
    browser = client("provider")
    import_log(browser)
    address = re.search(r'href="(/audit/cases/billed/[^"]+)">T7<', browser.get("/audit?show=unexpected").text)
    assert address
    page = words(browser.get(address[1]).text)
    assert "unexpected The log covers this day and has no such case." in page
    assert "K14 T7 13 Mar 2026" in page


@pytest.mark.parametrize("chart", ["chart.svg", "chart.svg?theme=dark", "chart.json"])
def test_the_timeline_as_a_chart(client: SignIn, chart: str):
    browser = client("provider")
    import_log(browser)
    answer = browser.get(f"/audit/{chart}")
    assert answer.status_code == 200
    if chart == "chart.json":
        cases = {one["fate"]: one["cases"] for one in answer.json["data"]["values"]}
        assert cases == {"as logged": 3, "different": 1, "to decide": 0, "missing": 2, "unexpected": 1}
    else:
        assert answer.text.startswith("<svg")
