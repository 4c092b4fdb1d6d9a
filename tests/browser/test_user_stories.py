"""What the first three user stories promise, each acceptance scenario and edge case that no other module here walks."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.site import Site, drawn_bars, money, sample
from tests.browser.test_patients_page import busiest_patient

_MARCH = "startDate=2026-03-01&endDate=2026-03-31"


def test_the_dashboard_sums_revenue_up_by_period_and_leads_to_the_report(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    card = page.locator(".card", has=page.get_by_text("Collected this month", exact=False)).first
    shown = money(card.locator(".card__value").inner_text())
    assert shown > 0
    card.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(_MARCH))
    assert money(page.locator(".card__value").first.inner_text()) == shown


def test_days_weeks_and_months_show_the_same_money_in_more_or_fewer_bars(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("viewer")
    page.goto(site.url("/staff/reports/revenue?startDate=2026-01-01&endDate=2026-03-31&granularity=month"))
    bars, totals = [], set()
    for granularity in ("month", "week", "day"):
        page.get_by_label("By", exact=True).select_option(granularity)
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(re.compile(f"granularity={granularity}"))
        expect(page.locator("#content")).not_to_have_attribute("aria-busy", "true")
        bars.append(drawn_bars(page))
        totals.add(page.locator(".card__value").first.inner_text())
    assert bars == sorted(bars) and bars[0] == 3 and bars[2] > 30
    assert len(totals) == 1


def test_a_history_is_narrowed_to_days_and_status_and_names_nobody(signed_in: Callable[[str], Page], site: Site):
    patient = busiest_patient()
    page = signed_in("patient_accounts")
    page.goto(site.url(f"/staff/patients/{patient['patient_id']}"))
    rows = page.get_by_role("table", name=re.compile("Payments, oldest first")).locator("tbody tr")
    everything = rows.all_inner_texts()
    middle = _days(everything)[len(everything) // 2]
    page.get_by_role("textbox", name="From").fill(middle.isoformat())
    page.get_by_label("Status").select_option("paid")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(f"startDate={middle}.*status=paid"))
    kept = [text for text in everything if _days([text])[0] >= middle and "\tpaid\t" in text]
    expect(rows).to_have_count(len(kept))
    assert 0 < len(kept) < len(everything)
    assert rows.all_inner_texts() == kept
    assert not [name for name in ("last_name", "phone", "ssn") if patient[name] in page.content()]


def test_an_overdue_payment_leads_to_the_contact_and_the_history(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("patient_accounts")
    page.goto(site.url("/staff/outstanding?hospitalId=H1&status=overdue"))
    page.get_by_role("table", name=re.compile("Open invoices")).locator("tbody tr td a").first.click()
    page.get_by_role("link", name="Contact details of the patient").click()
    number = re.search(r"/patients/([^/]+)/contact", page.url)
    assert number
    person = next(row for row in sample("patients") if row["patient_id"] == number[1])
    assert person["phone"] not in page.content()
    page.get_by_role("button", name="Show the details").click()
    expect(page.locator("#e-reason")).to_be_visible()  # never without a reason
    page.get_by_label("Reason").select_option(index=1)
    page.get_by_role("button", name="Show the details").click()
    expect(page.get_by_text(person["phone"])).to_be_visible()
    page.get_by_role("link", name=f"Patient {number[1]}").click()
    expect(page.get_by_role("heading", name=re.compile("Payments in"))).to_be_visible()
    assert person["phone"] not in page.content()


def test_a_long_list_comes_in_pages_and_whole_in_its_files(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("accountant")
    page.goto(site.url("/figures/cash-received?startDate=2023-01-01&endDate=2026-03-31&currency=USD"))
    shown = money(page.locator(".card__value").first.inner_text())
    card = page.locator(".card", has_text="which add up to it").locator(".card__value")
    count = int(card.inner_text().replace(",", ""))
    assert count > 300
    expect(page.get_by_text(f"{count:,} rows, page 1 of {-(-count // 50)}")).to_be_visible()
    page.get_by_role("link", name="Last", exact=True).click()
    expect(page.get_by_text(f"page {-(-count // 50)} of {-(-count // 50)}")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == count
    assert sum(Decimal(row["amount"]) for row in rows) == shown


def _days(lines: list[str]) -> list[date]:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    parts = [line.split("\t")[0].split() for line in lines]
    return [date(int(year), months.index(month) + 1, int(day)) for day, month, year in parts]
