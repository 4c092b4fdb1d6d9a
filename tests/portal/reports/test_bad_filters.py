"""Filters that cannot be used: the page calls them as its fields are called, keeps what was typed, and says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
REVENUE, OUTSTANDING = "/staff/reports/revenue", "/staff/outstanding"


def _problems(page: str) -> list[tuple[str, str]]:
    return [
        (unescape(name), unescape(problem))
        for name, problem in re.findall(r"<li><strong>(.*?)</strong> (.*?)</li>", page)
    ]


@pytest.mark.parametrize(
    ("address", "name", "typed", "label", "problem"),
    [
        (OUTSTANDING, "minAmount", "<b>1,000", "Amount from", "must be an amount such as 120.50"),
        (OUTSTANDING, "maxDays", "soon", "Days overdue to", "must be a whole number"),
        (OUTSTANDING, "minDays", "100001", "Days overdue from", "must be 100000 or less"),
        (OUTSTANDING, "knownAt", "2026-02-30", "Known at", "must be a day written as YYYY-MM-DD"),
        (REVENUE, "endDate", "2019-01-01", "To", "is before the first day: swap the two"),
    ],
)
def test_a_wrong_filter_is_called_as_its_field_and_stays_in_it(
    client: SignIn, address: str, name: str, typed: str, label: str, problem: str
) -> None:
    query = {"startDate": "2026-01-01"} if address == REVENUE else {"status": "overdue"}
    answer = client("accountant").get(address, query_string=query | {name: typed})
    assert answer.status_code == 400
    assert [said for said, _ in _problems(answer.text)] == [label]
    assert _problems(answer.text)[0][1].startswith(problem)
    field = re.search(rf'<label for="f-{name}">(.*?)</label>\s*<input id="f-{name}"[^>]* value="(.*?)"\s', answer.text)
    assert field
    assert (field[1], unescape(field[2])) == (label, typed)
    assert "<b>" not in answer.text
    assert ('value="overdue" selected' in answer.text) or address == REVENUE


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"payerClass": "aunt"}, [("Who owes", "is none of the choices: it is one of 'insurance', 'government' or 'patient'")]),
        ({"page": "0"}, [("Page", "must be 1 or more")]),
        ({"limit": "1000000"}, [("Rows per page", "must be 500 or less")]),
        ({"page": "two"}, [("Page", "must be a whole number")]),
        ({"from": "2026-01-01"}, [("from", "is no filter of this page")]),
    ],
)  # fmt: skip
def test_what_has_no_field_of_its_own_is_told_in_words(
    client: SignIn, query: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    answer = client("accountant").get(OUTSTANDING, query_string=query)
    assert (answer.status_code, _problems(answer.text)) == (400, expected)


@pytest.mark.parametrize(
    ("user", "address", "untrue"),
    [
        ("accountant", OUTSTANDING, "No open invoice fits these filters"),
        ("accountant", "/staff/patients/P01", "No payments"),
        ("accountant", "/staff/write-offs", "No request fits these filters"),
        ("accountant", "/exports", "Nothing was exported yet"),
        ("accountant", "/figures/receivables", "No rows"),
        ("provider", "/insights/cases", "No cases"),
        ("admin", "/admin/etl", "No run yet"),
        ("admin", "/staff/write-offs/reconcile", "Nothing is to be reconciled"),
    ],
)
def test_a_page_after_the_last_says_so_and_not_that_there_is_nothing(
    client: SignIn, user: str, address: str, untrue: str
) -> None:
    answer = client(user).get(address, query_string={"page": "99"})
    assert answer.status_code == 200
    assert "There is no page 99" in answer.text and untrue not in answer.text
    first = re.search(r'<a href="([^"]+)">Go to its first page</a>', answer.text)
    assert first and "page=" not in unescape(first[1])
    assert "There is no page" not in client(user).get(unescape(first[1])).text
