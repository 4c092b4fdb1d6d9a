"""The page of compensation and the arithmetic behind a provider's month, on the hand-checked world."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

SignIn = Callable[[str], FlaskClient]
MARCH = {"month": "2026-03", "providerId": "D1"}


def _words(client: FlaskClient, address: str, status: int = 200, **query: str) -> str:
    answer = client.get(address, query_string=query)
    assert answer.status_code == status, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_months_and_statements_stand_beside_what_was_calculated(client: SignIn) -> None:
    words = _words(client("practice_manager"), "/compensation")
    # 656.69 and 165.62 in March, 109.20 in February; stated 600.00 of Dr One for March and 10.00 of Dr Two for January.
    assert "Calculated $931.51" in words and "Stated gross pay $610.00 2 statements" in words
    assert "Mar 2026 7 2 $822.31 $600.00 −$222.31" in words
    assert "Feb 2026 1 0 $109.20 no statement –" in words
    assert "Dr One $656.69 $600.00 $0.00 $50.00 $25.50 $574.50 −$56.69" in words


def test_the_arithmetic_of_each_case(client: SignIn) -> None:
    words = _words(client("provider"), "/compensation/month", **MARCH)
    assert "12 Mar 2026 T2 D0020 (7 + 4.1 + 1) × 19.31 × 0.5 $116.83" in words
    assert "T4 D0010 no minutes –" in words and "T5 D0099 no base units for the procedure –" in words
    assert "Calculated $656.69 6 cases, 2 not calculated" in words


def test_what_can_explain_a_difference_is_said(client: SignIn) -> None:
    words = _words(client("provider"), "/compensation/month", **MARCH)
    assert "Bonus: it is in the stated gross, and in no calculation: 50.00." in words
    assert "Left to explain: −106.69." in words


def test_a_share_is_part_of_the_arithmetic(client: SignIn) -> None:
    words = _words(client("practice_manager"), "/compensation/month", month="2026-02", providerId="D2")
    assert "(5 + 1) × 30.3333 × 60 % $109.20" in words
    assert "Statement none nothing is stated for this month" in words


@pytest.mark.parametrize("format", ["pdf", "xlsx", "csv"])
def test_the_calculation_report_is_a_file(client: SignIn, format: str) -> None:
    answer = client("provider").get("/compensation/month/report", query_string=MARCH | {"format": format})
    assert answer.status_code == 200
    assert "asmg-calculation-2026-03-usd" in answer.headers["Content-Disposition"]
    if format == "pdf":
        text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
        assert "ASMG calculation report, March 2026" in text and "(7 + 4.1 + 1)" in text and "116.83" in text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"month": "2026-03"}, 400, "providerId"),
        ({"providerId": "D1"}, 400, "month"),
        ({"month": "March", "providerId": "D1"}, 400, "month"),
        ({"month": "2026-04", "providerId": "D1"}, 400, "after the business date"),
        ({"month": "2025-01", "providerId": "D1"}, 404, "neither cases nor a statement in January 2025"),
        ({"month": "2026-03", "providerId": "D2"}, 404, "no such provider among yours"),
    ],
)
def test_what_cannot_be_shown_is_said(client: SignIn, query: dict[str, str], status: int, said: str) -> None:
    assert said in _words(client("provider"), "/compensation/month", status, **query)


def test_wrong_days_are_said_beside_their_fields(client: SignIn) -> None:
    assert "From is after the last day" in _words(client("provider"), "/compensation", 400, startDate="2026-05-01")


def test_without_anything_the_page_says_so(client: SignIn) -> None:
    assert "Neither cases nor statements of these providers" in _words(client("provider_h2"), "/compensation")
