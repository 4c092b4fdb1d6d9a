"""The page of insights and the cases behind its figures, on the hand-checked world."""

from __future__ import annotations

import re
from collections.abc import Callable
from csv import DictReader
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

SignIn = Callable[[str], FlaskClient]
PARTS = ("comparisons", "workload", "case-mix", "providers", "running", "side-by-side", "benchmarks", "alerts")
CHARTS = ("comparisons", "workload", "running")
_LEADS = re.compile(r'(?:<td[^>]*>|card__value">)\s*<a href="(/insights/cases[^"]*)"[^>]*>([^<]*\d[^<]*)</a>')
MARCH = {"startDate": "2026-03-01", "endDate": "2026-03-31"}


def _page(client: FlaskClient, address: str = "/insights", status: int = 200, **query: str) -> str:
    answer = client.get(address, query_string=query or None)
    assert answer.status_code == status, answer.text
    return answer.text


def _words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _data(client: FlaskClient, **query: str) -> dict[str, Any]:
    answer = client.get("/api/v1/insights", query_string=query)
    assert answer.status_code == 200, answer.json
    data: dict[str, Any] = answer.json["data"]
    return data


def test_cards_say_what_the_month_and_the_year_brought(client: SignIn) -> None:
    words = _words(_page(client("practice_manager")))
    # 656.69 of Dr One and 165.62 of Dr Two in March; 109.20 in February.
    assert "Calculated pay, this month $822.31 ▲ 653.03 % from $109.20, 1 Feb 2026 to 28 Feb 2026" in words
    assert "Calculated pay, this year so far $931.51 nothing 1 Jan 2025 to 31 Mar 2025" in words


def test_the_api_compares_like_for_like(client: SignIn) -> None:
    data = _data(client("practice_manager"), measure="cases", granularity="quarter")
    quarter = data["periods"][-1]
    assert (quarter["period"], quarter["periodEnd"], quarter["amount"]) == ("2026-01-01", "2026-03-31", "8")
    assert quarter["previous"] == {
        "startDate": "2025-10-01", "endDate": "2025-12-31", "amount": "0", "change": "8", "changePercent": None,
    }  # fmt: skip
    assert sum(int(period["amount"]) for period in data["periods"]) == data["workload"]["caseCount"]


def test_months_side_by_side(client: SignIn) -> None:
    march, february = _data(client("practice_manager"), month="2026-03", against="2026-02")["sideBySide"]
    assert (march["startDate"], march["endDate"], march["caseCount"], march["compensation"]) == (
        "2026-03-01", "2026-03-31", 7, "822.31",
    )  # fmt: skip
    assert (february["endDate"], february["caseCount"], february["compensation"]) == ("2026-02-28", 1, "109.20")


def test_running_totals_end_on_the_business_date(client: SignIn) -> None:
    running = _data(client("provider"))["velocity"]["running"]
    assert len(running) == 365
    assert [step["amount"] for step in running if step["date"] in ("2026-03-31", "2026-04-01")] == ["656.69", None]


def test_a_statement_is_compared_with_its_own_providers_cases(client: SignIn) -> None:
    alerts = _data(client("practice_manager"))["alerts"]
    stated = [alert["message"] for alert in alerts if alert["rule"] == "statement_difference"]
    # 600.00 of Dr One against 656.69 is less than ten percent apart; Dr Two has none for March.
    assert stated == ["The statement of Dr Two from 1 Jan 2026 to 31 Jan 2026 says 10.00, calculated were 0.00: 10.00."]
    assert all(alert["ruleText"] for alert in alerts)


def test_a_provider_sees_the_own_cases_only(client: SignIn) -> None:
    words = _words(_page(client("provider")))
    assert "$656.69" in words and "Dr Two" not in words
    assert client("provider").get("/insights", query_string={"providerId": "D2"}).status_code == 404


def test_the_cases_behind_a_figure_add_up_to_it(client: SignIn) -> None:
    page = _page(client("practice_manager"))
    address = unescape(re.findall(r'<a href="(/insights/cases[^"]*)"[^>]*>\$822\.31</a>', page)[0])
    cases = _page(client("practice_manager"), address)
    assert "startDate=2026-03-01" in address and "endDate=2026-03-31" in address
    rows = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", cases, re.DOTALL)
    ]
    pay = [_words(row[6]).removeprefix("$") for row in rows if row]
    assert sum(Decimal(amount) for amount in pay if amount[0].isdigit()) == Decimal("822.31")
    assert sorted(amount for amount in pay if not amount[0].isdigit()) == ["no base units", "no minutes", "\u2013"]
    assert "taken back" in cases


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("format", ["csv", "xlsx", "pdf"])
def test_every_table_is_a_file(client: SignIn, part: str, format: str) -> None:
    answer = client("practice_manager").get("/insights/export", query_string={"part": part, "format": format, **MARCH})
    assert answer.status_code == 200 and len(answer.data) > 50
    assert f"insights-{part}-2026-03-01-2026-03-31-usd" in answer.headers["Content-Disposition"]
    if format == "xlsx":
        load_workbook(BytesIO(answer.data))


def test_a_file_says_what_the_page_says(client: SignIn) -> None:
    answer = client("practice_manager").get("/insights/export", query_string={"part": "comparisons", **MARCH})
    assert answer.text.splitlines()[1].split(",")[:7] == [
        "2026-03-01", "2026-03-31", "", "822.31", "109.20", "653.03", "0.00",
    ]  # fmt: skip


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_drawn_and_a_picture(client: SignIn, chart: str) -> None:
    manager, query = client("practice_manager"), {"chart": chart}
    assert manager.get("/insights/chart.svg", query_string=query | {"theme": "dark"}).text.startswith("<svg")
    drawn = manager.get("/insights/chart.json", query_string=query | {"theme": "light"}).text
    assert {"comparisons": "822.31", "workload": '"text":"7"', "running": "931.51"}[chart] in drawn.replace(": ", ":")
    picture = manager.get("/insights/chart.png", query_string=query)
    assert picture.data.startswith(b"\x89PNG") and "attachment" in picture.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"measure": "luck"}, "measure"),
        ({"month": "2026-13"}, "Month must be a month written as YYYY-MM"),
        ({"month": "2027-01"}, "Month is after the business date, 2026-03-31"),
        ({"startDate": "2026-03-31", "endDate": "2026-03-01"}, "To is before the first day"),
        ({"startDate": "2026-05-01"}, "From is after the last day, 2026-03-31"),
        ({"endDate": "2026-04-01"}, "To is after the business date, 2026-03-31"),
        ({"chart": "pie"}, "chart is no filter of this page"),
    ],
)
def test_what_cannot_be_used_is_said(client: SignIn, query: dict[str, str], said: str) -> None:
    assert said in _words(_page(client("provider"), status=400, **query))


def test_without_cases_the_page_says_why_it_is_empty(client: SignIn) -> None:
    words = _words(_page(client("provider_h2")))
    assert "No cases of these providers are known in the three years before" in words


@pytest.mark.parametrize("measure", ["compensation", "paid", "billed", "cases"])
def test_every_number_leads_to_cases_that_add_up_to_it(client: SignIn, measure: str) -> None:
    manager = client("practice_manager")
    page = _page(
        manager, measure=measure, startDate="2026-01-01", endDate="2026-03-31", month="2026-03", against="2026-02"
    )
    shown = [(unescape(address), unescape(number)) for address, number in _LEADS.findall(page)]
    assert len(shown) > 30 and any("cptCode=" in address for address, _ in shown)
    sums: dict[str, set[Decimal]] = {}
    for address, number in shown:
        if address not in sums:
            sums[address] = _sums(manager, address)
        assert Decimal(re.sub(r"[^\d.]", "", number)) in sums[address], f"{number}: {address}"


def test_pay_leads_to_the_cases_that_add_up_to_it(client: SignIn) -> None:
    manager = client("practice_manager")
    page = _page(manager, "/compensation", startDate="2026-01-01", endDate="2026-03-31")
    shown = [(unescape(address), unescape(number)) for address, number in _LEADS.findall(page)]
    # A card, and for each of three months its cases and their pay.
    assert [number for _, number in shown] == ["$931.51", "0", "$0.00", "1", "$109.20", "7", "$822.31"]
    for address, number in shown:
        assert Decimal(re.sub(r"[^\d.]", "", number)) in _sums(manager, address), f"{number}: {address}"
    assert page.count('href="#statements-USD"') == 3 and 'id="statements-USD"' in page


def test_cases_are_sorted_as_the_address_says(client: SignIn) -> None:
    def tickets(sort: str) -> list[str]:
        page = _page(client("provider"), "/insights/cases", **MARCH, sort=sort)
        return re.findall(r"<td>\d+ Mar 2026</td>\s*<td>(T\d)", page)

    # Pay: 200.00 of the 9th, 175.72 of the 10th, T7 164.14, T2 116.83; none of T3, T4 and T5, oldest first.
    assert tickets("-amount") == ["T1", "T1", "T7", "T2", "T3", "T4", "T5"]
    assert tickets("amount") == ["T2", "T7", "T1", "T1", "T3", "T4", "T5"]
    assert tickets("-caseDate")[0] == "T7"
    dialog = re.findall(r'href="(/exports/new[^"]*)"', _page(client("provider"), "/insights/cases", sort="-amount"))
    assert client("provider").get(unescape(dialog[0])).status_code == 200
    words = _words(_page(client("provider"), "/insights/cases", status=400, sort="secret"))
    assert "must be one of caseDate" in words


def _sums(client: FlaskClient, address: str) -> set[Decimal]:
    """What the cases of an address add up to, as their file has them: cases, reversed ones, pay, billed, paid."""
    path = re.search(r'href="([^"]*/export/cases[^"]*|[^"]*/exports/cases[^"]*)" download>CSV', _page(client, address))
    assert path, address
    rows = list(DictReader(StringIO(client.get(unescape(path[1])).text, newline="")))
    reversed_count = sum(row["reversed"] == "reversed" for row in rows)
    money = {sum(Decimal(row[name] or 0) for row in rows) for name in ("amount", "billed", "paid")}
    return {Decimal(len(rows) - reversed_count), Decimal(reversed_count)} | {Decimal(each) for each in money}
