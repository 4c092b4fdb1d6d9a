"""Exports in a browser: from a report to a file of chosen fields, and a kept one that comes by itself; also without scripts."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.site import Site, sign_in

REVENUE = "/staff/reports/revenue?startDate=2025-10-01&endDate=2026-03-31&granularity=month"


def _header(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def test_a_report_leads_to_a_file_of_chosen_fields(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url(REVENUE))
    page.get_by_role("link", name=re.compile("^Export…")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Export: Revenue")
    expect(page.get_by_label("From")).to_have_value("2025-10-01")
    page.get_by_role("checkbox", name="Period", exact=True).check()
    page.get_by_role("checkbox", name="Net", exact=True).check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export", exact=True).click()
    assert _header(download.value.path()) == ["period", "net"]
    page.goto(site.url("/exports"))
    expect(page.get_by_role("table", name="Exports, newest first")).to_contain_text("1 Oct 2025 to 31 Mar 2026")


def test_a_kept_file_tells_when_it_is_made(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url("/exports/new?entity=roll-forward&startDate=2026-01-01&endDate=2026-03-31"))
    page.get_by_role("radio", name=re.compile("XLSX")).check()
    page.get_by_role("checkbox", name=re.compile("in the background")).check()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text(re.compile("is made in the background"))).to_be_visible()
    page.get_by_role("link", name="Load this list again").click(timeout=120_000)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Load again")).first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert download.value.path().read_bytes().startswith(b"PK")


def test_without_scripts_the_dialog_counts_keeps_its_fields_and_exports(context: BrowserContext, site: Site):
    browser = context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as plain:
        page = sign_in(plain, site, "accountant")
        page.goto(site.url("/exports/new"))
        page.get_by_label("What").select_option("kpis")
        page.get_by_role("button", name=re.compile("Choose days")).click()
        page.get_by_label("From").fill("2026-01-01")
        page.get_by_label("To", exact=True).fill("2026-01-31")
        page.get_by_role("checkbox", name="Month", exact=True).check()
        page.get_by_role("button", name="Count the rows").click()
        expect(page.get_by_role("status").filter(has_text="rows")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Month", exact=True)).to_be_checked()
        with page.expect_download() as download:
            page.get_by_role("button", name="Export", exact=True).click()
        assert _header(download.value.path()) == ["month"]


def test_without_scripts_who_gets_copies_of_a_schedule_leaves_it(context: BrowserContext, site: Site):
    browser = context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as plain:
        page = sign_in(plain, site, "accountant")
        page.goto(site.url("/exports/new?entity=kpis&startDate=2026-01-01&endDate=2026-03-31"))
        page.locator("summary", has_text="send it regularly").click()
        page.get_by_label("Name", exact=True).fill("Monthly figures")
        page.get_by_label("Readers").fill("accountant@daybook.example")
        page.get_by_role("button", name="Send it regularly").click()
        line = page.get_by_role("row", name=re.compile("Monthly figures"))
        expect(line.get_by_role("button")).to_have_count(2)
        page.set_viewport_size({"width": 320, "height": 800})
        leave = line.get_by_role("button", name="Send me no more copies of Monthly figures")
        leave.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("You get no more copies of the schedule Monthly figures.")).to_be_visible()
        expect(line).to_contain_text("nobody any more")
        expect(leave).to_have_count(0)
        line.get_by_role("button", name="Switch off Monthly figures").click()
        expect(line).to_have_count(0)
