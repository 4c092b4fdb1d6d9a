"""Every figure of every page leads to rows that add up to it, to the cent: walked through, link by link."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from portal.queries.figures.kinds import Figure, Ratio
from portal.queries.figures.registry import FIGURES

Browser = Callable[[str, bool], FlaskClient]
_QUARTER = "startDate=2026-01-01&endDate=2026-03-31"
_LONG = "startDate=2025-01-01&endDate=2026-03-31"
_REVENUE, _FINANCIAL = f"/staff/reports/revenue?{_QUARTER}", f"/financial-reports?{_QUARTER}"
PAGES = {
    "home": "/staff/reports?",
    "revenue collected": f"{_REVENUE}&granularity=month&compare=previous",
    "revenue billed": f"{_REVENUE}&granularity=month&basis=billed&compare=year",
    "revenue by day": "/staff/reports/revenue?startDate=2026-03-01&endDate=2026-03-12&granularity=day",
    "revenue of a department": f"{_REVENUE}&granularity=week&departmentId=CARD",
    "revenue of a doctor": f"{_REVENUE}&granularity=month&providerId=D1&compare=previous",
    "revenue of no doctor": f"{_REVENUE}&granularity=month&providerId=unattributed",
    "billed of a department": f"{_REVENUE}&granularity=month&basis=billed&departmentId=CARD",
    "revenue of patients": f"{_REVENUE}&granularity=month&payerId=unattributed",
    "outstanding": "/staff/outstanding?",
    "outstanding before": "/staff/outstanding?asOfDate=2026-01-31",
    "outstanding as known": "/staff/outstanding?asOfDate=2026-03-31&knownAt=2026-03-04",
    "overview": _FINANCIAL,
    "aging": f"{_FINANCIAL}&tab=ar-aging",
    "billed by whom": f"{_FINANCIAL}&tab=revenue",
    "collected by whom": f"{_FINANCIAL}&tab=revenue&basis=collected",
    "collected by payer": f"{_FINANCIAL}&basis=collected",
    "collection": f"{_FINANCIAL}&tab=collection&compare=previous",
    "write-offs by category": f"{_FINANCIAL}&tab=write-offs",
    "write-offs": f"/staff/write-offs?{_LONG}",
    "write-offs up to now": "/staff/write-offs?",
    "roll-forward": f"/accounting?{_QUARTER}",
    "cash receipts": f"/accounting?{_QUARTER}&tab=cash-receipts&granularity=week",
    "credits": f"/accounting?{_LONG}&tab=credits",
    "month-end close": f"/accounting?{_QUARTER}&tab=month-end",
    "collection rate": f"/collections?{_QUARTER}&granularity=month&compare=previous",
    "months until paid": f"/collections?{_LONG}&tab=lag",
    "key figures": f"/collections?{_QUARTER}&tab=key-figures",
    "tax": f"/tax?{_QUARTER}&compare=year",
}
_LINK = re.compile(r'<a href="(/figures/[^"]+)"[^>]*>([^<]+)</a>')
_CELL = re.compile(r'<td class="table__number">(.*?)</td>', re.DOTALL)
_CARD = re.compile(r'<p class="card__value">(.*?)</p>', re.DOTALL)
_HREF = re.compile(r'href="([^"]+)"[^>]*>([^<]+)<')
_LISTING = re.compile(r'<div class="dense" data-listing>.*?</table>', re.DOTALL)
# Nothing, a change between two figures of the table below, and a median, which is no sum.
_NO_FIGURE = re.compile(r"|\u2013|-?[\d.,]+ (points|%|h)")


@dataclass(frozen=True)
class Shown:
    """A number of a page, and where it leads."""

    address: str
    text: str

    @property
    def value(self) -> Decimal:
        """What it says."""
        return Decimal(re.sub(r"[^\d.\-]", "", self.text.replace("\u2212", "-")))

    @property
    def name(self) -> str:
        """The figure."""
        return urlsplit(self.address).path.split("/")[2]


def page(client: FlaskClient, address: str) -> str:
    """Return a page."""
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.text}"
    return answer.text


def shown_on(client: FlaskClient, address: str) -> list[Shown]:
    """Return every number of a page that leads to a figure."""
    return [Shown(unescape(href), unescape(text)) for href, text in _LINK.findall(page(client, address))]


def rows_behind(client: FlaskClient, shown: Shown) -> list[dict[str, str]]:
    """Return the rows behind a number, as its file has them."""
    path, query = urlsplit(shown.address).path, urlsplit(shown.address).query
    return rows_of(client, f"{path}/export?{query}&format=csv")


def rows_of(client: FlaskClient, file: str) -> list[dict[str, str]]:
    """Return the rows of a file."""
    answer = client.get(file)
    assert answer.status_code == 200, f"{file}: {answer.text}"
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def behind(client: FlaskClient, shown: Shown) -> Decimal:
    """Return what the rows behind a number add up to; behind a rate, what the rows of both its parts give."""
    figure = FIGURES[shown.name]
    if isinstance(figure, Figure):
        return total(rows_behind(client, shown)).quantize(shown.value, ROUND_HALF_UP)
    parts = shown_on(client, shown.address)[-2:]
    assert [part.name for part in parts] == [figure.numerator.name, figure.denominator.name]
    numerator, denominator = (total(rows_behind(client, part)) for part in parts)
    assert [numerator, denominator] == [part.value for part in parts]
    times = figure.multiplier or int(dict(parse_qsl(urlsplit(shown.address).query))["windowDays"])
    nothing = denominator == 0 if figure.unit == "money" else denominator <= 0
    return Decimal(0) if nothing else (numerator * times / denominator).quantize(shown.value, ROUND_HALF_UP)


def total(rows: list[dict[str, str]]) -> Decimal:
    """Return what rows add up to."""
    return sum((Decimal(row["amount"]) for row in rows), Decimal(0))


def wrong(client: FlaskClient, shown: Iterable[Shown]) -> dict[Shown, Decimal]:
    """Return the numbers that their rows do not add up to, with what these add up to."""
    said = {one: behind(client, one) for one in dict.fromkeys(shown)}
    return {one: amount for one, amount in said.items() if amount != one.value}


@pytest.mark.parametrize(
    ("who", "decided"),
    [("accountant", False), ("accountant_both", True)],
    ids=["one hospital, as built", "all hospitals, decided since"],
)
@pytest.mark.parametrize("name", PAGES)
def test_every_number_of_a_page_is_what_its_rows_add_up_to(
    name: str, decided: bool, who: str, browser: Browser
) -> None:
    client = browser(who, decided)
    assert wrong(client, shown_on(client, PAGES[name])) == {}


@pytest.mark.parametrize("decided", [False, True], ids=["as built", "decided since"])
@pytest.mark.parametrize("name", PAGES)
def test_every_number_of_a_page_leads_somewhere(name: str, decided: bool, browser: Browser) -> None:
    # Rows of a list are what figures lead to.
    text = _LISTING.sub("", page(browser("accountant", decided), PAGES[name]))
    cells = [cell.strip() for cell in (*_CELL.findall(text), *_CARD.findall(text))]
    assert [cell for cell in cells if " href=" not in cell and not _NO_FIGURE.fullmatch(cell)] == []


def test_every_figure_is_on_a_page(browser: Browser) -> None:
    client = browser("accountant_both", True)
    found = {shown.name for address in PAGES.values() for shown in shown_on(client, address)}
    rates = [FIGURES[name] for name in found]
    parts = {part.name for rate in rates if isinstance(rate, Ratio) for part in (rate.numerator, rate.denominator)}
    assert set(FIGURES) == found | parts


@pytest.mark.parametrize("who", ["accountant", "accountant_both", "viewer"])
def test_a_card_of_the_home_leads_to_its_figure_on_the_page_of_it(who: str, browser: Browser) -> None:
    client = browser(who, False)
    cards = [match for card in _CARD.findall(page(client, PAGES["home"])) if (match := _HREF.search(card))]
    assert len(cards) >= 2
    for href, text in ((unescape(card[1]), unescape(card[2])) for card in cards):
        shown = [one for one in shown_on(client, href) if one.text == text]
        nothing = Shown(href, text).value == 0 and "Nothing to show" in page(client, href)
        assert shown or nothing, f"{text} is not on {href}"
        assert who == "viewer" or wrong(client, shown) == {}


@pytest.mark.parametrize("who", ["accountant", "accountant_both"])
def test_what_waits_leads_to_the_requests_that_wait(who: str, browser: Browser) -> None:
    client = browser(who, True)
    text = page(client, f"{PAGES['write-offs']}&currency=USD&category=CHARITY_CARE&status=REJECTED")
    found = re.search(r'<a href="(/staff/write-offs\?[^"]+)" aria-label="Waiting for a decision[^>]*>([^<]+)<', text)
    assert found
    href, amount = unescape(found[1]), Shown("", found[2]).value
    assert amount > 0
    assert total(rows_of(client, href.replace("?", "/export?") + "&format=csv")) == amount
    assert {row["status"] for row in rows_of(client, href.replace("?", "/export?") + "&format=csv")} == {"PENDING"}


def test_a_viewer_gets_the_figure_and_no_rows(browser: Browser) -> None:
    client = browser("viewer", False)
    shown = [one for name in ("revenue collected", "outstanding") for one in shown_on(client, PAGES[name])]
    assert len({one.name for one in shown}) > 8
    for one in dict.fromkeys(shown):
        text = page(client, one.address)
        assert one.text in unescape(text) and "What it is" in text
        assert not re.search(r">[IPY]\d\d<", text)
        assert client.get(one.address.replace("?", "/export?")).status_code == 403
