"""Signing in and out, and what each role is offered."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import PASSWORD, Site, email, sign_in


def test_a_person_comes_back_to_the_view_that_wanted_a_login(context: BrowserContext, site: Site):
    page = context.new_page()
    page.goto(site.url("/staff/reports/revenue?granularity=month&startDate=2026-01-01&endDate=2026-03-31"))
    page.get_by_label("Email").fill(email("viewer"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/staff/reports/revenue\?.*granularity=month"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Revenue")


def test_a_wrong_password_is_said_and_lets_nobody_in(context: BrowserContext, site: Site):
    page = context.new_page()
    page.goto(site.url("/login"))
    page.get_by_label("Email").fill(email("viewer"))
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is not right")).to_be_visible()
    page.goto(site.url("/staff/reports"))
    expect(page).to_have_url(re.compile("/login"))


def test_reports_home_offers_what_the_role_may_open(signed_in: Callable[[str], Page]):
    page = signed_in("accountant")
    cards = page.get_by_role("main")
    for label in ("Revenue", "Patients", "Outstanding"):
        expect(cards.get_by_role("link", name=label).first).to_be_visible()
    expect(cards.get_by_role("link", name="ETL runs")).to_have_count(0)


def test_a_viewer_sees_no_patients(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    expect(page.get_by_role("link", name="Revenue").first).to_be_visible()
    expect(page.get_by_role("link", name="Patients")).to_have_count(0)
    for path in ("/staff/patients", "/staff/patients/PT1-000001"):
        shown = page.goto(site.url(path))
        assert shown is not None
        assert shown.status == 403, path
        assert "PT1-" not in page.content(), path
    for path in ("/api/v1/reports/patients?q=PT1-000001", "/api/v1/reports/outstanding"):
        answer = page.request.get(site.url(path))
        assert answer.status == 403, path
        assert "PT1-" not in answer.text(), path


def test_signing_out_ends_it(context: BrowserContext, site: Site):
    page = sign_in(context, site, "viewer")  # a session of its own: signing out ends every copy of one
    page.get_by_role("button", name="Sign out").click()
    page.goto(site.url("/staff/reports/revenue"))
    expect(page).to_have_url(re.compile("/login"))


def test_the_first_tab_stop_skips_to_the_content(signed_in: Callable[[str], Page]):
    page = signed_in("viewer")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("href", "#content")
