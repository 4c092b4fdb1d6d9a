"""Compensation: from a statement to the arithmetic of each case."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, money
from tests.browser.test_accessibility import violations


def test_a_statement_leads_to_the_arithmetic_of_its_cases(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url("/compensation"))
    row = page.get_by_role("table", name="Statements and calculations").locator("tbody tr").last
    calculated = money(row.locator("td").nth(1).inner_text())
    row.get_by_role("link").click()
    table = page.get_by_role("table", name="Cases and their pay")
    pays = [cell.inner_text() for cell in table.locator("tbody tr:not(.table__total) td:nth-child(5)").all()]
    assert sum(money(pay) for pay in pays if pay != "–") == calculated
    assert money(table.locator(".table__total td").first.inner_text()) == calculated
    assert violations(page) == []
    expect(page.get_by_role("link", name="PDF")).to_be_visible()
