"""axe finds nothing on any page, in light and dark, wide and narrow; and a phone scrolls in one direction only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.site import USERS, Site

REVENUE = "/staff/reports/revenue?startDate=2025-10-01&endDate=2026-03-31&granularity=month"
PAGES = {
    "home": "/staff/reports",
    "revenue": REVENUE,
    "revenue with a wrong filter": "/staff/reports/revenue?startDate=tomorrow",
    "revenue without rows": "/staff/reports/revenue?startDate=2019-01-01&endDate=2019-01-31",
    "patients": "/staff/patients",
    "patient": "/staff/patients/PT1-000003",
    "contact": "/staff/patients/PT1-000003/contact",
    "outstanding": "/staff/outstanding",
    "write-offs": "/staff/write-offs",
    "new write-off": "/staff/write-offs/new",
    "small balances": "/staff/write-offs/small-balances?hospitalId=H1&minDaysOverdue=0",
    "write-offs to reconcile": "/staff/write-offs/reconcile",
    "financial reports": "/financial-reports?startDate=2026-01-01&endDate=2026-03-31",
    "aging report": "/financial-reports?tab=ar-aging",
    "revenue report": "/financial-reports?tab=revenue",
    "roll-forward": "/accounting?startDate=2026-01-01&endDate=2026-03-31&compare=previous",
    "cash receipts": "/accounting?startDate=2026-03-01&endDate=2026-03-31&tab=cash-receipts&granularity=week",
    "credits": "/accounting?startDate=2025-01-01&endDate=2026-03-31&tab=credits",
    "month-end close": "/accounting?startDate=2026-01-01&endDate=2026-03-31&tab=month-end",
    "collection rate": "/collections?startDate=2025-10-01&endDate=2026-03-31&compare=previous",
    "months until paid": "/collections?startDate=2025-04-01&endDate=2026-03-31&tab=lag",
    "key figures": "/collections?startDate=2026-01-01&endDate=2026-03-31&tab=key-figures",
    "tax": "/tax?startDate=2026-01-01&endDate=2026-03-31&compare=previous",
    "rows behind a figure": "/figures/movement-billed?startDate=2026-01-01&endDate=2026-03-31",
    "insights": "/insights",
    "billing audit": "/audit",
    "case logs": "/audit/uploads",
    "unpaid cases": "/audit?show=unpaid",
    "denied claims": "/audit?show=denied",
    "disputes": "/audit/disputes",
    "filing deadlines": "/audit/deadlines",
    "cases": "/insights/cases",
    "compensation": "/compensation",
    "statements": "/compensation/statements",
    "forecast": "/forecast?measure=collected&horizon=12",
    "forecast with a wrong filter": "/forecast?volume=lots",
    "exports": "/exports",
    "new export": "/exports/new",
    "export dialog": "/exports/new?entity=cases&startDate=2026-01-01&endDate=2026-03-31",
    "export dialog with a wrong day": "/exports/new?entity=revenue&startDate=tomorrow",
    "etl runs": "/admin/etl",
    "quarantine": "/admin/quarantine",
    "gates": "/admin/gates",
    "usage": "/admin/usage",
    "audit log": "/admin/audit",
    "users": "/admin/users",
    "invite": "/admin/users/new",
    "password": "/password",
    "account": "/account",
    "new token": "/account/tokens/new",
    "saved views": "/staff/views",
    "save a view": "/staff/views/new?view=/staff/reports/revenue",
    "confirm": "/verify",
    "second factor": "/two-factor/setup",
    "recovery codes": "/two-factor/recovery-codes",
    "not found": "/staff/nowhere",
}
OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}


def violations(page: Page) -> list[str]:
    """What axe objects to: rule, help and the elements."""
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}" for one in found]


def in_both_themes(page: Page) -> dict[str, list[str]]:
    """What axe objects to in light, and in the dark."""
    found = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # nothing on its way between two colours
        found[theme] = violations(page)
    return {theme: problems for theme, problems in found.items() if problems}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, signed_in: Callable[[str], Page], site: Site):
    page = signed_in("super_admin")
    page.goto(site.url(PAGES[name]))
    assert in_both_themes(page) == {}


@pytest.mark.parametrize("role", [role for role in USERS if role != "super_admin"])
def test_axe_finds_nothing_on_the_pages_of_a_role(role: str, signed_in: Callable[[str], Page], site: Site):
    page = signed_in(role)
    menu = page.get_by_role("navigation", name="Main").locator("a").all()
    addresses = {link.get_attribute("href"): link.text_content() for link in menu}
    assert len(addresses) >= 2
    found = {}
    for address in [*addresses, "/admin/users/new"]:  # which most may not open
        page.goto(site.url(str(address)))
        found[address] = in_both_themes(page)
    assert {address: problems for address, problems in found.items() if problems} == {}


@pytest.mark.parametrize("path", ["/login", "/new-password"])
def test_axe_finds_nothing_before_sign_in(path: str, context: BrowserContext, site: Site):
    page = context.new_page()
    page.goto(site.url(path))
    assert violations(page) == []


@pytest.mark.parametrize(
    "name",
    ["home", "revenue", "patients", "patient", "outstanding", "write-offs", "new write-off", "forecast", "roll-forward",
     "cash receipts", "months until paid", "tax", "rows behind a figure", "financial reports", "aging report", "exports",
     "export dialog"],
)  # fmt: skip
def test_a_phone_needs_no_sideways_scrolling(name: str, signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.url(PAGES[name]))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert violations(page) == []


def test_the_brand_colours_are_on_the_page(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url(REVENUE))
    button = page.get_by_role("button", name="Show")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(74, 144, 226)"
    card = page.locator(".card--figure").first
    assert card.evaluate("one => getComputedStyle(one).borderLeftColor") == "rgb(0, 191, 165)"


def test_axe_would_find_something(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url("/staff/reports"))
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/icon.svg\">')")
    assert any(problem.startswith("image-alt") for problem in violations(page))
