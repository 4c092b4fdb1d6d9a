"""Every figure of the pages leads to rows that add up to it, to the cent: walked through, link by link."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from portal.queries.figures.kinds import Figure
from portal.queries.figures.registry import FIGURES

SignIn = Callable[[str], FlaskClient]
QUARTER = "startDate=2026-01-01&endDate=2026-03-31&currency=USD"
PAGES = {
    "roll-forward": f"/accounting?{QUARTER}",
    "cash receipts": f"/accounting?{QUARTER}&tab=cash-receipts&granularity=week",
    "credits": "/accounting?startDate=2025-01-01&endDate=2026-03-31&currency=USD&tab=credits",
    "month-end close": f"/accounting?{QUARTER}&tab=month-end",
    "collection rate": f"/collections?{QUARTER}&granularity=month&compare=previous",
    "months until paid": "/collections?startDate=2025-01-01&endDate=2026-03-31&currency=USD&tab=lag",
    "key figures": f"/collections?{QUARTER}&tab=key-figures",
    "tax": f"/tax?{QUARTER}&compare=year",
}
_LINK = re.compile(r'<a href="(/figures/[^"]+)"[^>]*>([^<]+)</a>')
_CELL = re.compile(r'<td class="table__number">(.*?)</td>', re.DOTALL)
_CARD = re.compile(r'<p class="card__value">(.*?)</p>', re.DOTALL)
_LISTING = re.compile(r'<div class="dense" data-listing>.*?</table>', re.DOTALL)
# Nothing, and a change between two figures of the table below.
_NO_FIGURE = re.compile(r"|\u2013|-?[\d.,]+ (points|%)")


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


def shown_on(client: FlaskClient, address: str) -> list[Shown]:
    """Return every number of a page that leads to a figure."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return [Shown(unescape(href), unescape(text)) for href, text in _LINK.findall(answer.text)]


def rows_behind(client: FlaskClient, shown: Shown) -> list[dict[str, str]]:
    """Return the rows behind a number, as its file has them."""
    path, query = urlsplit(shown.address).path, urlsplit(shown.address).query
    answer = client.get(f"{path}/export?{query}&format=csv")
    assert answer.status_code == 200, f"{shown}: {answer.text}"
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
    return (numerator * times / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP) if denominator > 0 else Decimal(0)


def total(rows: list[dict[str, str]]) -> Decimal:
    """Return what rows add up to."""
    return sum((Decimal(row["amount"]) for row in rows), Decimal(0))


@pytest.mark.parametrize("who", ["accountant", "accountant_both"])
@pytest.mark.parametrize("page", PAGES)
def test_every_number_of_a_page_is_what_its_rows_add_up_to(page: str, who: str, client: SignIn) -> None:
    browser = client(who)
    said = {shown: behind(browser, shown) for shown in dict.fromkeys(shown_on(browser, PAGES[page]))}
    assert {shown: amount for shown, amount in said.items() if amount != shown.value} == {}


@pytest.mark.parametrize("page", PAGES)
def test_every_number_of_a_page_leads_somewhere(page: str, client: SignIn) -> None:
    text = _LISTING.sub("", client("accountant").get(PAGES[page]).text)  # rows of a list are what figures lead to
    cells = [cell.strip() for cell in (*_CELL.findall(text), *_CARD.findall(text))]
    assert [cell for cell in cells if "/figures/" not in cell and not _NO_FIGURE.fullmatch(cell)] == []
