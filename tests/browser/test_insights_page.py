"""Insights: charts are drawn, sections fold away, figures lead to their cases."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, money


def test_sections_fold_away(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url("/insights"))
    expect(page.locator("figure.chart .chart__stage svg")).to_have_count(3)
    section = page.locator("details.section").filter(has_text="Workload by month")
    expect(section.get_by_role("table")).to_be_visible()
    section.locator("summary").press("Enter")
    expect(section.get_by_role("table")).to_be_hidden()


def test_alerts_are_counted_in_a_badge(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url("/insights"))
    count = page.locator("summary .badge").inner_text()
    expect(page.locator(".alerts li")).to_have_count(int(count))
    assert int(count) > 0


def test_a_period_leads_to_the_cases_that_add_up_to_it(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url("/insights"))
    row = page.get_by_role("table", name="Compared with").locator("tbody tr").last
    amount = money(row.locator("td").nth(2).inner_text())
    row.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/insights/cases\?.*startDate="))
    assert money(page.locator(".card", has_text="Calculated pay").locator(".card__value").inner_text()) == amount


def test_months_are_chosen_and_stand_in_the_address(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url("/insights"))
    page.get_by_label("Month beside").fill("2026-02")
    page.get_by_label("Figure", exact=True).select_option("cases")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"measure=cases.*month=2026-02"))
    expect(page.get_by_role("columnheader", name="1–28 Feb 2026")).to_be_visible()
