"""Outstanding invoices with their aging, on today's and on past days."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.site import Site, drawn_bars, money

TODAY = datetime.now(UTC).date()  # the clock of the portal; the data end before
BUCKETS = ("Not due", "1–30 days", "31–60 days", "61–90 days", "91 days and more")


@pytest.fixture
def outstanding(signed_in: Callable[[str], Page], site: Site) -> Page:
    page = signed_in("accountant")
    page.goto(site.url("/staff/outstanding"))
    return page


def aging(page: Page) -> dict[str, Decimal]:
    """Amount of each line of the aging table."""
    rows = page.get_by_role("table", name=re.compile("Receivables by age")).locator("tbody tr").all()
    cells = [[cell.strip() for cell in row.inner_text().split("\t")] for row in rows]
    return {line[0]: money(line[1]) for line in cells}


def test_buckets_add_up_to_what_is_outstanding(outstanding: Page):
    amounts = aging(outstanding)
    assert tuple(amounts)[:5] == BUCKETS
    assert sum(amounts[bucket] for bucket in BUCKETS) == amounts["Outstanding"] > 0
    assert money(outstanding.locator(".card__value").first.inner_text()) == amounts["Outstanding"]


def test_the_chart_shows_the_buckets(outstanding: Page):
    assert drawn_bars(outstanding) == sum(1 for bucket in BUCKETS if aging(outstanding)[bucket])


def test_a_past_day_has_its_own_figures_and_address(outstanding: Page):
    today = aging(outstanding)
    outstanding.get_by_role("textbox", name="As of").fill("2025-06-30")
    outstanding.get_by_role("button", name="Show").click()
    expect(outstanding).to_have_url(re.compile("asOfDate=2025-06-30"))
    past = aging(outstanding)
    assert sum(past[bucket] for bucket in BUCKETS) == past["Outstanding"] > 0
    assert past != today


def test_a_bucket_leads_to_the_rows_that_add_up_to_it(outstanding: Page):
    amount = aging(outstanding)["61–90 days"]
    outstanding.get_by_role("link", name="61–90 days").click()
    expect(outstanding).to_have_url(re.compile("bucket=61-90"))
    assert money(outstanding.locator("p.muted strong").first.inner_text()) == amount
    days = (
        outstanding.get_by_role("table", name=re.compile("Open invoices"))
        .locator("tbody td:nth-child(6)")
        .all_inner_texts()
    )
    assert days
    assert all(61 <= int(day.replace(",", "")) <= 90 for day in days)


def test_filters_by_amount_and_days(outstanding: Page):
    outstanding.get_by_label("Amount from").fill("100")
    outstanding.get_by_label("Days overdue from").fill("31")
    outstanding.get_by_role("button", name="Show").click()
    expect(outstanding).to_have_url(re.compile("minAmount=100.*minDays=31"))
    table = outstanding.get_by_role("table", name=re.compile("Open invoices"))
    amounts = [money(text) for text in table.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert amounts
    assert min(amounts) >= 100
    ages = table.locator("tbody td:nth-child(6)").all_inner_texts()
    assert min(int(text.replace(",", "")) for text in ages) >= 31


def test_columns_sort_and_say_so(outstanding: Page):
    outstanding.get_by_role("link", name="Amount due").click()
    header = outstanding.get_by_role("columnheader", name=re.compile("Amount due"))
    expect(header).to_have_attribute("aria-sort", re.compile("ascending|descending"))
    table = outstanding.get_by_role("table", name=re.compile("Open invoices"))
    amounts = [money(text) for text in table.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert amounts == sorted(amounts, reverse=header.get_attribute("aria-sort") == "descending")


def test_an_invoice_shows_the_events_behind_its_balance(outstanding: Page):
    row = outstanding.get_by_role("table", name=re.compile("Open invoices")).locator("tbody tr").first
    due = money(row.locator("td").nth(4).inner_text())
    row.get_by_role("link").first.click()
    events = outstanding.get_by_role("table", name=re.compile("What adds up"))
    expect(events.get_by_text("billed").first).to_be_visible()
    assert money(events.locator("tr").last.inner_text().split("\t")[-1]) == due


@pytest.mark.parametrize("kind", ["CSV", "PDF"])
def test_files_hold_what_is_shown(outstanding: Page, kind: str):
    first = outstanding.get_by_role("table", name=re.compile("Open invoices")).locator("tbody tr").first
    invoice = first.get_by_role("link").first.inner_text()
    with outstanding.expect_download() as download:
        outstanding.get_by_role("link", name=kind, exact=True).click()
    path = Path(download.value.path())
    if kind == "CSV":
        text = path.read_text(encoding="utf-8-sig")
        assert sum(1 for row in csv.reader(io.StringIO(text)) if any(cell.startswith("INV-") for cell in row)) > 0
    else:
        text = "\n".join(sheet.extract_text() for sheet in PdfReader(path).pages)
    assert invoice in text


def test_a_viewer_sees_totals_but_no_invoices(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url("/staff/outstanding"))
    assert aging(page)["Outstanding"] > 0
    assert "INV-" not in page.content()
    assert "PT1-" not in page.content()


def test_an_overdue_invoice_is_found_and_followed_up(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("patient_accounts")
    page.goto(site.url("/staff/outstanding?hospitalId=H1&status=overdue&minAmount=100"))
    table = page.get_by_role("table", name=re.compile("Open invoices"))
    assert "overdue" in table.locator("tbody tr").first.inner_text()
    number = table.locator("tbody tr td a").first.inner_text()
    table.get_by_role("link", name=number, exact=True).click()
    page.get_by_label("Note", exact=True).fill("Pays half of it by the end of the month.")
    page.get_by_role("button", name="Add to the follow-up").click()  # a note alone
    in_a_month, tomorrow = TODAY + timedelta(days=30), TODAY + timedelta(days=1)
    page.get_by_label("Amount, USD").fill("1000000")
    page.get_by_label("By", exact=True).fill(in_a_month.isoformat())
    page.get_by_label("On", exact=True).fill(tomorrow.isoformat())
    page.get_by_label("With", exact=True).select_option("patient")
    page.get_by_role("button", name="Add to the follow-up").click()
    expect(page.locator("#e-promisedAmount")).to_contain_text("are open")
    expect(page.get_by_label("On", exact=True)).to_have_value(tomorrow.isoformat())  # the rest is kept
    page.get_by_label("Amount, USD").fill("50")
    page.get_by_role("button", name="Add to the follow-up").click()
    history = page.get_by_role("table", name=re.compile("What was noted and agreed"))
    expect(history.locator("tbody tr")).to_have_count(2)
    expect(history).to_contain_text("$50.00 by")
    page.goto(site.url("/staff/outstanding?hospitalId=H1&promise=open&contact=planned"))
    row = page.get_by_role("table", name=re.compile("Open invoices")).locator("tbody tr", has_text=number).first
    expect(row).to_contain_text("the patient")
    expect(row).to_contain_text("open")


def test_on_paper_the_filters_stand_and_no_column_is_cut_off(outstanding: Page, site: Site):
    outstanding.goto(site.url("/staff/outstanding?status=overdue"))
    outstanding.emulate_media(media="print")
    outstanding.set_viewport_size({"width": 1040, "height": 700})  # what landscape A4 holds between its margins
    expect(outstanding.get_by_label("Status", exact=True)).to_be_visible()
    expect(outstanding.get_by_label("Amount from")).to_be_hidden()
    expect(outstanding.get_by_role("button", name="Show")).to_be_hidden()
    last = outstanding.get_by_role("columnheader", name="Promise").bounding_box()
    assert last and last["x"] + last["width"] <= 1040


def test_filtering_keeps_the_order(outstanding: Page, site: Site):
    outstanding.goto(site.url("/staff/outstanding?sort=-amountDue"))
    outstanding.get_by_label("Status", exact=True).select_option("overdue")
    outstanding.get_by_role("button", name="Show").click()
    expect(outstanding).to_have_url(re.compile("status=overdue"))
    assert "sort=-amountDue" in outstanding.url
    expect(outstanding.get_by_role("columnheader", name="Amount due")).to_have_attribute("aria-sort", "descending")
