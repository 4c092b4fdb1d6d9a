"""The forecast page in a browser: the chart and its bands are drawn, the form is the address, also without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, money

YEAR = "/forecast?measure=collected&horizon=12"


def test_the_chart_has_both_bands_and_both_lines(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(YEAR))
    drawn = page.locator("figure.chart svg")
    drawn.locator("g.mark-area path").first.wait_for(state="attached")
    areas = [area.bounding_box() for area in drawn.locator("g.mark-area path").all()]
    assert len([area for area in areas if area and area["height"] > 5 and area["width"] > 100]) == 2
    assert drawn.locator("g.mark-line path").count() == 2
    expect(page.get_by_role("table", name="Forecast by month").locator("tbody tr")).to_have_count(13)  # with the total


def test_what_if_changes_the_figures_and_the_address(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(YEAR))
    before = money(page.locator(".card__value").first.inner_text())
    page.get_by_label("What if: cases, %").fill("-50")
    page.get_by_label("Months ahead").select_option("3")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(re.compile(r"horizon=3.*volume=-50"))
    assert abs(money(page.locator(".card__value").first.inner_text()) * 2 - before) < 1
    page.get_by_role("link", name=re.compile(r"^3 months, optimistic: \$")).click()
    expect(page.get_by_label("Scenario")).to_have_value("optimistic")
    expect(page.get_by_label("What if: cases, %")).to_have_value("-50")


def test_without_scripts_everything_is_there(browser_without_scripts: Page, site: Site):
    page = browser_without_scripts
    page.goto(site.url(YEAR))
    picture = page.locator("figure.chart img")
    assert picture.evaluate("image => image.naturalWidth") > 100
    page.get_by_label("What if: cases, %").fill("lots")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#e-volume")).to_have_text(re.compile("must be a percentage"))
    expect(page.get_by_label("What if: cases, %")).to_have_value("lots")


def test_the_picture_is_kept_as_png(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(YEAR))
    with page.expect_download() as download:
        page.get_by_role("link", name="PNG").click()
    assert re.fullmatch(r"daybook-forecast-collected-.*\.png", download.value.suggested_filename)
