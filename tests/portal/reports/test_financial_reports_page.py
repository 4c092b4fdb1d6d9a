"""The page of financial reports: five tabs that say what the API says."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from portal.formatting import money

SignIn = Callable[[str], FlaskClient]
QUARTER = {"startDate": "2026-01-01", "endDate": "2026-03-31", "currency": "USD"}
API = "/api/v1/financial-reports"
TABS = ("overview", "ar-aging", "revenue", "collection", "write-offs")
CHARTS = ("aging", "payers", "departments", "collection")


def _page(client: FlaskClient, status: int = 200, **query: str) -> str:
    answer = client.get("/financial-reports", query_string=query)
    assert answer.status_code == status, answer.text
    return answer.text


def _words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _api(client: FlaskClient, what: str, **query: str) -> Any:
    answer = client.get(f"{API}/{what}", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def _values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a chart shows; a pie has it in its first layer, beside the names of its pieces."""
    found: list[dict[str, Any]] = (spec if "data" in spec else spec["layer"][0])["data"]["values"]
    return found


def _said(amount: str) -> str:
    return money(Decimal(amount), "USD")


def test_the_overview_has_four_cards(client: SignIn) -> None:
    accountant = client("accountant")
    words = _words(_page(accountant, **QUARTER))
    outstanding = _api(accountant, "ar-aging", currency="USD")["totalOutstanding"]
    rate = _api(accountant, "collection-rate", **QUARTER)["overallCollectionRate"]
    tax = _api(accountant, "tax-summary", **QUARTER)["totalTax"]
    gone = _api(accountant, "write-offs/summary", **QUARTER)["totalWriteOff"]
    assert (
        f"Outstanding {_said(outstanding)} Collection rate {rate} % Tax {_said(tax)} Write-offs {_said(gone)}" in words
    )


def test_ages_are_those_of_the_aging_report(client: SignIn) -> None:
    accountant = client("accountant")
    words = _words(_page(accountant, **QUARTER, tab="ar-aging"))
    report = _api(accountant, "ar-aging", currency="USD")
    labels = {"not_due": "Not due", "1-30": "1–30 days", "31-60": "31–60", "61-90": "61–90", "91+": "91 and more"}
    for bucket in report["buckets"]:
        assert f"{labels[bucket['bucket']]} {_said(bucket['amount'])} {bucket['invoiceCount']}" in words


def test_the_largest_open_invoices_come_first(client: SignIn) -> None:
    page = _page(client("accountant"), **QUARTER, tab="ar-aging")
    table = page[page.index("largest open invoices, USD") :]
    amounts = [Decimal(amount.replace(",", "")) for amount in re.findall(r">\$([\d,.]+)<", table)]
    assert amounts == sorted(amounts, reverse=True) and 1 < len(amounts) <= 20


@pytest.mark.parametrize("basis", ["billed", "collected"])
def test_revenue_by_department_and_doctor(client: SignIn, basis: str) -> None:
    accountant = client("accountant")
    words = _words(_page(accountant, **QUARTER, tab="revenue", basis=basis))
    for what in ("by-department", "by-doctor"):
        lines = _api(accountant, f"revenue/{what}", **QUARTER, basis=basis)
        assert len(lines) > 1
        for line in lines:
            assert _said(line["revenue"]) in words and line["name"] in words


def test_the_collection_rate_of_each_month(client: SignIn) -> None:
    accountant = client("accountant")
    words = _words(_page(accountant, **QUARTER, tab="collection"))
    report = _api(accountant, "collection-rate", **QUARTER)
    assert f"Billed {_said(report['totalBilled'])} Collected {_said(report['totalCollected'])}" in words
    for step in report["trend"]:
        assert f"{_said(step['billed'])} {_said(step['collected'])}" in words and f" {step['rate']} " in words


def test_write_offs_lead_to_the_queue(client: SignIn) -> None:
    page = _page(client("accountant"), **QUARTER, tab="write-offs")
    assert 'href="/staff/write-offs/new"' in page and "Small balance" in page
    assert "/staff/write-offs?startDate=2026-01-01&amp;endDate=2026-03-31" in page


def test_each_tab_keeps_the_days_and_is_an_address(client: SignIn) -> None:
    page = _page(client("accountant"), **QUARTER, tab="revenue")
    page = page[page.index('<nav class="tabs"') :]
    addresses = [unescape(address) for address in re.findall(r'href="(/financial-reports\?[^"]*tab=[^"]*)"', page)]
    assert len(set(addresses)) == len(TABS)
    assert all("startDate=2026-01-01" in urlsplit(address).query for address in addresses)
    assert 'aria-current="page">Revenue' in page


@pytest.mark.parametrize("tab", TABS)
def test_files_of_every_report(client: SignIn, tab: str) -> None:
    accountant = client("accountant")
    page = _page(accountant, **QUARTER, tab=tab)
    files = [unescape(address) for address in re.findall(r'href="(/api/v1/financial-reports/export[^"]*)"', page)]
    assert bool(files) == (tab != "write-offs")
    for address in files:
        answer = accountant.get(address)
        assert answer.status_code == 200 and len(answer.data) > 20, address


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_drawn(client: SignIn, chart: str) -> None:
    query = QUARTER | {"chart": chart}
    assert client("accountant").get("/financial-reports/chart.svg", query_string=query).text.startswith("<svg")
    drawn = client("accountant").get("/financial-reports/chart.json", query_string=query | {"theme": "dark"}).json
    assert drawn["description"] and _values(drawn)


@pytest.mark.parametrize(
    ("chart", "figures"),
    [
        ("aging", ["USD 120.50", "USD 320.00", "USD 230.00", "USD 100.00", "USD 340.00"]),
        ("payers", ["USD 1,255.00"]),
        ("departments", ["USD 955.00", "USD 200.00", "USD 100.00"]),  # unattributed, Cardiology, Laboratory
        ("collection", ["42.25 %", "65.07 %", "0.00 %"]),  # 300 of 710, 224.50 of 345, nothing of 200
    ],
)
def test_every_chart_holds_the_figures_of_its_table(client: SignIn, chart: str, figures: list[str]) -> None:
    spec = client("accountant").get("/financial-reports/chart.json", query_string=QUARTER | {"chart": chart}).json
    assert [value["text"] for value in _values(spec)] == figures


def test_without_days_it_is_the_current_month(client: SignIn) -> None:
    assert "1 Mar 2026 to 31 Mar 2026, USD" in _words(_page(client("accountant"), currency="USD"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"tab": "secrets"}, "tab is none of the choices: it is one of 'overview'"),
        ({"startDate": "2026-04-01", "endDate": "2026-03-01"}, "To is before the first day: swap the two"),
        ({"currency": "XYZ"}, "Currency must be one of"),
    ],
)
def test_what_cannot_be_used_is_said(client: SignIn, query: dict[str, str], said: str) -> None:
    assert said in _words(_page(client("accountant"), 400, **query))
