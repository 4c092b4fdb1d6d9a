"""Switching between hospitals in the page's header, by keyboard, without scripts, and on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, sign_in
from tests.browser.test_accessibility import violations

VIEW = "/staff/reports/revenue?startDate=2025-10-01&endDate=2026-03-31&granularity=month"


def test_the_keyboard_switches_and_the_view_stays(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url(VIEW))
    switch = page.get_by_role("navigation", name="Hospital").locator("summary")
    expect(switch).to_have_text("Hospital: All hospitals")
    switch.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    chosen = page.evaluate("document.activeElement.textContent")
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url(site.url(f"{VIEW}&hospitalId=H*"))
    expect(switch).to_have_text(f"Hospital: {chosen}")
    expect(page.get_by_label("Hospital", exact=True).locator("option:checked")).to_have_text(chosen)


def test_it_fits_on_a_phone(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.url("/staff/outstanding"))
    page.get_by_role("navigation", name="Hospital").locator("summary").click()
    link = page.locator(".switch__link").last
    expect(link).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert violations(page) == []


def test_it_needs_no_script(browser: Browser, site: Site):
    context = browser.new_context(java_script_enabled=False)
    page = sign_in(context, site, "viewer")
    page.goto(site.url(VIEW))
    page.get_by_role("navigation", name="Hospital").locator("summary").click()
    page.locator(".switch__link").nth(1).click()
    page.wait_for_url("**hospitalId=H*")
    assert "granularity=month" in page.url
    context.close()
