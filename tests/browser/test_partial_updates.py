"""Filters, sorting and pages change the view in place; newer figures come by themselves; without scripts pages load."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, drawn_bars

REVENUE = "/staff/reports/revenue?startDate=2026-01-01&endDate=2026-03-31&granularity=month"
_LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
_PRETEND_OLDER = "document.getElementById('newer-build').dataset.build = '0'"


def _mark(page: Page) -> None:
    page.evaluate("window.stayed = true")


def _stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stayed === true"))


def test_filters_change_the_view_in_place_and_back_brings_it_again(
    signed_in: Callable[[str], Page], site: Site
) -> None:
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    assert drawn_bars(page) == 3
    _mark(page)
    page.get_by_label("By", exact=True).select_option("week")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("granularity=week"))
    expect(page.locator("#content")).to_have_attribute("aria-busy", "false")
    assert drawn_bars(page) > 3
    expect(page.get_by_role("button", name="Show")).to_be_focused()
    expect(page.locator("#busy")).to_have_text("Updated.")
    page.go_back()
    expect(page.get_by_label("By", exact=True)).to_have_value("month")
    expect(page).to_have_url(site.url(REVENUE))
    assert _stayed(page)


def test_a_wrong_filter_is_told_beside_its_field_in_place(signed_in: Callable[[str], Page], site: Site) -> None:
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    _mark(page)
    page.get_by_role("textbox", name="From").fill("2026-05-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("To is before the first day")
    expect(page.get_by_role("textbox", name="From")).to_have_value("2026-05-01")
    assert _stayed(page)


def test_the_pages_and_the_order_of_a_list(signed_in: Callable[[str], Page], site: Site) -> None:
    page = signed_in("patient_accounts")
    page.goto(site.url("/staff/outstanding?limit=10"))
    _mark(page)
    rows = page.get_by_role("region", name="Open invoices").locator("tbody tr")
    first = rows.first.inner_text()
    page.get_by_role("link", name="Next", exact=True).first.click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(rows.first).not_to_have_text(first)
    order = page.get_by_role("region", name="Open invoices").locator("thead a").first
    order.click()
    expect(page).to_have_url(re.compile("sort="))
    expect(order).to_be_focused()
    assert _stayed(page)


def test_newer_figures_are_shown_in_place_and_told(signed_in: Callable[[str], Page], site: Site) -> None:
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    build = page.locator("#newer-build").get_attribute("data-build")
    _mark(page)
    page.evaluate(_PRETEND_OLDER)
    page.evaluate(_LOOK)
    expect(page.locator("#busy")).to_have_text("Newer figures were published: this view shows them now.")
    expect(page.locator("#newer-build")).to_have_attribute("data-build", str(build))
    assert page.url == site.url(REVENUE) and _stayed(page)


def test_what_somebody_fills_in_is_not_taken_away(signed_in: Callable[[str], Page], site: Site) -> None:
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    page.get_by_role("textbox", name="To").fill("2026-02-10")
    page.evaluate(_PRETEND_OLDER)
    page.evaluate(_LOOK)
    expect(page.get_by_text("Newer figures were published. Load this view again")).to_be_visible()
    expect(page.get_by_role("textbox", name="To")).to_have_value("2026-02-10")
    page.get_by_role("link", name="Load this view again").click()
    expect(page.locator("#newer-build")).to_be_hidden()
    expect(page.get_by_role("textbox", name="To")).to_have_value("2026-03-31")


def test_a_session_that_ended_meanwhile_leads_to_the_sign_in(signed_in: Callable[[str], Page], site: Site) -> None:
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    assert drawn_bars(page) == 3  # nothing is under way that could bring the cookie back
    page.context.clear_cookies()
    page.get_by_label("By", exact=True).select_option("week")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"/login\?next=.*granularity%3Dweek"))


@pytest.mark.parametrize("role", ["super_admin"])
def test_a_long_menu_is_grouped_and_works_by_keyboard(signed_in: Callable[[str], Page], role: str) -> None:
    page = signed_in(role)
    menu = page.get_by_role("navigation", name="Main")
    expect(menu.get_by_role("link", name="Write-offs")).to_be_hidden()
    menu.get_by_text("Finance").press("Enter")
    expect(menu.get_by_role("link", name="Write-offs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Write-offs")).to_be_hidden()
    expect(menu.locator("summary", has_text="Finance")).to_be_focused()
    page.keyboard.press("Enter")
    menu.get_by_role("link", name="Write-offs").press("Enter")
    expect(page).to_have_url(re.compile("/write-offs"))
    expect(menu.locator("summary", has_text="Finance")).to_have_attribute("aria-current", "true")
