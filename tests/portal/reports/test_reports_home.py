"""Reports home at a glance: each card says what the API says, and leads to a page that says it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.formatting import money

SignIn = Callable[[str], FlaskClient]
_CARD = re.compile(
    r'<p class="card__label">([^<]+)</p>\s*<p class="card__value"><a href="([^"]+)"[^>]*>([^<]+)</a></p>\s*'
    r'<p class="card__note">([^<]*)</p>'
)


def _cards(client: FlaskClient, **query: str) -> dict[str, tuple[str, str, str]]:
    answer = client.get("/staff/reports", query_string=query)
    assert answer.status_code == 200
    return {label: (value, unescape(href), unescape(note)) for label, href, value, note in _CARD.findall(answer.text)}


def _api(client: FlaskClient, what: str, **query: str) -> Any:
    answer = client.get(f"/api/v1/{what}", query_string=query | {"currency": "USD"})
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def test_cards_say_what_the_api_says(client: SignIn) -> None:
    accountant = client("accountant")
    found = _cards(accountant, currency="USD")
    reports = "financial-reports"
    month = dict(re.findall(r"(startDate|endDate)=([\d-]+)", found["Tax"][1]))
    year = dict(re.findall(r"(startDate|endDate)=([\d-]+)", found["Collection rate"][1]))
    aging = _api(accountant, f"{reports}/ar-aging")
    revenue = _api(accountant, "reports/revenue", **month, basis="collected")
    assert {label: card[0] for label, card in found.items()} == {
        "Outstanding": money(Decimal(aging["totalOutstanding"]), "USD"),
        "Collected this month": money(Decimal(revenue["totalRevenue"]), "USD"),
        "Collection rate": f"{_api(accountant, f'{reports}/collection-rate', **year)['overallCollectionRate']} %",
        "Tax": money(Decimal(_api(accountant, f"{reports}/tax-summary", **month)["totalTax"]), "USD"),
        "Write-offs": money(
            Decimal(_api(accountant, f"{reports}/write-offs/summary", **month)["totalWriteOff"]), "USD"
        ),
    }
    assert Decimal(aging["totalOutstanding"]) > 0


def test_each_card_leads_to_its_figure(client: SignIn) -> None:
    accountant = client("accountant")
    for label, (value, href, _) in _cards(accountant, currency="USD").items():
        page = accountant.get(href)
        assert page.status_code == 200, label
        assert value in unescape(page.text), label


def test_a_viewer_sees_what_is_open_and_what_came_in(client: SignIn) -> None:
    viewer = client("viewer")
    assert set(_cards(viewer)) == {"Outstanding", "Collected this month"}
    assert "payer" not in viewer.get("/staff/reports").text


def test_hospitals_are_kept_apart(client: SignIn) -> None:
    both, own = client("accountant_both"), client("accountant_h2")
    assert _cards(both, hospitalId="H2") == {
        label: (value, href.replace("?", "?hospitalId=H2&"), note) for label, (value, href, note) in _cards(own).items()
    }


def test_charts_have_their_figures_as_tables(client: SignIn) -> None:
    page = client("accountant").get("/staff/reports?currency=USD").text
    assert page.count("data-chart=") == page.count("as a table</summary>") == 2
    total = sum(
        Decimal(amount.replace(",", ""))
        for amount in re.findall(r"table__number\"><a [^>]*>\$([\d,.]+)<", page[: page.index("by payer")])
    )
    assert money(total, "USD") == _cards(client("accountant"), currency="USD")["Outstanding"][0]


@pytest.mark.parametrize("query", ["currency=QQQ", "hospitalId=&nonsense=1"])
def test_wrong_filters_are_told(client: SignIn, query: str) -> None:
    answer = client("accountant").get(f"/staff/reports?{query}")
    assert answer.status_code == 400 and "These filters cannot be used" in answer.text


def test_who_reads_no_reports_has_no_figures(client: SignIn) -> None:
    page = client("provider").get("/staff/reports")
    assert page.status_code == 200 and "At a glance" not in page.text and "Insights" in page.text
