"""The revenue page: the chart is drawn, the filters are the address, the files hold what is shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.site import Site, drawn_bars, money

QUARTER = "/staff/reports/revenue?startDate=2026-01-01&endDate=2026-03-31&granularity=month"


def test_the_chart_has_a_bar_for_each_month(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url(QUARTER))
    assert drawn_bars(page) == 3
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(4)  # with the total


def test_without_scripts_the_chart_is_a_picture(browser_without_scripts: Page, site: Site):
    browser_without_scripts.goto(site.url(QUARTER))
    picture = browser_without_scripts.locator("figure.chart img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert picture.get_attribute("alt")


def test_filters_are_in_the_address_and_change_the_chart(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url(QUARTER))
    total = page.locator(".card__value").first.inner_text()
    page.get_by_role("textbox", name="From").fill("2026-03-01")
    page.get_by_label("By", exact=True).select_option("week")
    page.get_by_label("Basis").select_option("billed")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"startDate=2026-03-01.*granularity=week.*basis=billed"))
    weeks = page.get_by_role("table").locator("tbody tr:not(.table__total)")
    expect(weeks).to_have_count(6)
    assert drawn_bars(page) == sum(money(row.inner_text().split("\t")[1]) > 0 for row in weeks.all())
    assert page.locator(".card__value").first.inner_text() != total
    address = page.url
    page.reload()
    assert page.url == address
    expect(page.get_by_label("By", exact=True)).to_have_value("week")


def test_csv_holds_exactly_what_is_shown(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    months = [row for row in csv.reader(io.StringIO(content)) if row and row[0].startswith("2026-")]
    assert [row[0][:7] for row in months] == ["2026-01", "2026-02", "2026-03"]


def test_pdf_has_the_chart_and_the_figures(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    total = page.locator(".card__value").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    document = PdfReader(download.value.path())
    text = "\n".join(sheet.extract_text() for sheet in document.pages)
    assert "Revenue" in text
    assert re.sub(r"[^\d.]", "", total) in re.sub(r"[^\d.\n]", "", text)
    assert document.pages[0].images, "the chart"


def test_an_empty_range_says_why(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url("/staff/reports/revenue?startDate=2019-01-01&endDate=2019-01-31"))
    expect(page.get_by_text(re.compile(r"No payments between"))).to_be_visible()
