"""Cases by ticket, by day and by procedure, and what they add up to: on the page, in its files and to the cent."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

SignIn = Callable[[str], FlaskClient]
MARCH = {"startDate": "2026-03-01", "endDate": "2026-03-31"}
# What the charges of the hand-checked world say (tests/warehouse/practice.py): ticket, day, and billed of the case.
T1 = [("T1", "2026-03-09", Decimal(300)), ("T1", "2026-03-10", Decimal("580.25"))]


def _cases(browser: FlaskClient, **query: str) -> list[tuple[str, str, Decimal]]:
    answer = browser.get("/api/v1/exports/cases/csv", query_string=MARCH | query)
    assert answer.status_code == 200, answer.text
    lines = csv.DictReader(io.StringIO(answer.data.decode(), newline=""))
    return [(line["ticket_number"], line["case_date"], Decimal(line["billed"])) for line in lines]


def test_a_ticket_has_its_cases_and_no_others(client: SignIn) -> None:
    assert _cases(client("provider"), ticketNumber="T1") == T1
    assert _cases(client("provider"), ticketNumber="t1") == []
    assert _cases(client("provider"), ticketNumber="T1", startDate="2026-03-10") == T1[1:]
    assert len(_cases(client("practice_manager"), ticketNumber="T1")) == 3  # Dr Two has a part in it


@pytest.mark.parametrize(
    ("code", "tickets"),
    [("D0099", {("T1", "2026-03-10"), ("T5", "2026-03-12")}), ("D0020", None), ("D0000", set())],
)
def test_a_procedure_has_every_case_with_a_charge_of_it(
    client: SignIn, code: str, tickets: set[tuple[str, str]] | None
) -> None:
    found = {(ticket, day) for ticket, day, _ in _cases(client("provider"), cptCode=code)}
    if tickets is None:
        assert {("T1", "2026-03-09"), ("T2", "2026-03-12")} <= found  # T2: beside another procedure
        assert ("T4", "2026-03-12") not in found
    else:
        assert found == tickets


def test_the_page_adds_up_what_it_lists(client: SignIn) -> None:
    page = client("provider").get("/insights/cases", query_string=MARCH | {"ticketNumber": "T1"}).text
    assert len(re.findall(r"<td>T1\b", page)) == 2
    assert "$880.25" in page
    assert 'name="ticketNumber" type="text" value="T1"' in page
    assert "ticketNumber=T1" in re.findall(r'href="(/api/v1/exports/cases/csv[^"]*)"', page)[0]
    empty = client("provider").get("/insights/cases", query_string=MARCH | {"cptCode": "D0000"}).text
    assert "No case of these providers on these days under these filters." in empty
