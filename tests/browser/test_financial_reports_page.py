"""Financial reports in a browser: tabs are views, charts have tooltips, loading is said."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site

QUARTER = "/financial-reports?startDate=2026-01-01&endDate=2026-03-31"


def test_tabs_are_walked_by_keyboard_and_keep_the_days(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    for name, charts in (("AR aging", 1), ("Revenue", 1), ("Collection", 1), ("Write-offs", 0), ("Overview", 2)):
        page.get_by_role("navigation", name="Reports").get_by_role("link", name=name, exact=True).press("Enter")
        expect(page).to_have_url(re.compile("startDate=2026-01-01"))
        expect(page.locator('.tabs [aria-current="page"]')).to_have_text(name)
        expect(page.locator("figure.chart .chart__stage svg")).to_have_count(charts)


def test_a_slice_says_what_it_is(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    slices = page.locator(".chart__stage .mark-arc path")
    expect(slices.first).to_be_visible()
    slices.first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("USD")
    expect(page.locator(".chart__stage .role-legend")).not_to_have_count(0)


def test_rows_and_buttons_answer_to_the_pointer(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    for part in (page.locator(".table tbody tr").first, page.get_by_role("button", name="Show")):
        before = part.evaluate("one => getComputedStyle(one).backgroundColor")
        part.hover()
        page.wait_for_function(
            "([one, was]) => getComputedStyle(one).backgroundColor !== was", arg=[part.element_handle(), before]
        )


def test_new_days_load_every_report_again_and_say_so(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(QUARTER))
    before = page.locator(".card__value").all_inner_texts()
    # Once the next page is on its way the browser answers no questions: what was said by then is noted.
    page.evaluate(
        "document.addEventListener('submit', () => sessionStorage.setItem('said', document.getElementById('busy').textContent"
        " + document.getElementById('content').getAttribute('aria-busy')))"
    )
    page.get_by_role("textbox", name="From").fill("2026-03-01")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("startDate=2026-03-01"))
    assert page.evaluate("sessionStorage.getItem('said')") == "Loading …true"
    expect(page.get_by_text("Loading …")).to_be_hidden()
    assert page.locator(".card__value").all_inner_texts() != before
