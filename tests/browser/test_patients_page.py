"""Finding a patient and reading the payment history."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.sample_data.tables import Row
from tests.browser.site import Site, sample

DAY = re.compile(r"\d{4}-\d\d-\d\d")


def busiest_patient() -> Row:
    """The patient of hospital H1 with the most payments."""
    payments = [row for row in sample("payments") if row["hospital_id"] == "H1" and DAY.fullmatch(row["payment_date"])]
    counts: dict[str, int] = {}
    for row in payments:
        counts[row["patient_id"]] = counts.get(row["patient_id"], 0) + 1
    best = max(counts, key=lambda one: counts[one])
    return next(row for row in sample("patients") if row["patient_id"] == best)


def search(page: Page, site: Site, words: str) -> None:
    page.goto(site.url("/staff/patients"))
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    page.get_by_role("status").first.wait_for()


@pytest.fixture
def history(signed_in: Callable[[str], Page], site: Site) -> Page:
    """The history of the busiest patient, opened as an accountant."""
    page = signed_in("accountant")
    page.goto(site.url(f"/staff/patients/{busiest_patient()['patient_id']}"))
    return page


def test_a_patient_is_found_by_name_and_birth_date_and_no_name_is_shown(signed_in: Callable[[str], Page], site: Site):
    patient = busiest_patient()
    page = signed_in("patient_accounts")
    search(page, site, f"{patient['last_name']} {patient['date_of_birth']}")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=patient["patient_id"]))
    expect(row).to_contain_text(patient["date_of_birth"][:4])
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Patient {patient['patient_id']}")
    text = page.get_by_role("main").inner_text()
    assert patient["last_name"] not in text
    assert patient["ssn"] not in page.content()
    assert patient["last_name"] not in page.url


def test_a_patient_is_found_by_id_and_by_invoice_number(signed_in: Callable[[str], Page], site: Site):
    patient = busiest_patient()["patient_id"]
    invoice = next(row["invoice_id"] for row in sample("invoices") if row["patient_id"] == patient)
    page = signed_in("patient_accounts")
    for words in (patient, invoice):
        search(page, site, words)
        expect(page.get_by_role("link", name=patient)).to_be_visible()


def test_payments_stand_in_order_with_their_status(history: Page):
    lines = [line for line in history.get_by_role("table").get_by_role("row").all_inner_texts() if line.strip()][1:]
    days = [datetime.strptime(line.split("\t")[0].strip(), "%d %b %Y").date() for line in lines]  # noqa: DTZ007 - a day
    assert len(days) > 3
    assert days == sorted(days)
    assert all(re.search("paid|pending|failed|refunded", line, re.IGNORECASE) for line in lines)


def test_the_status_filter_stays_in_the_address(history: Page):
    history.get_by_label("Status").select_option("paid")
    history.get_by_role("button", name="Show").click()
    expect(history).to_have_url(re.compile("status=paid"))
    expect(history.get_by_label("Status")).to_have_value("paid")


def test_csv_of_the_history_has_every_payment(history: Page):
    patient = busiest_patient()["patient_id"]
    rows = len(history.get_by_role("table").locator("tbody tr").all())
    with history.expect_download() as download:
        history.get_by_role("link", name="CSV").click()
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    payments = [row for row in csv.reader(io.StringIO(content)) if any(cell.startswith("PAY-") for cell in row)]
    assert len(payments) == rows
    assert patient in content


def test_nobody_found_says_what_to_try(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("patient_accounts")
    page.goto(site.url("/staff/patients"))
    page.get_by_role("searchbox").fill("Xyzzyqu")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody found")).to_be_visible()


def test_another_hospitals_patient_does_not_exist(signed_in: Callable[[str], Page], site: Site):
    page = signed_in("hospital_admin")
    answer = page.goto(site.url("/staff/patients/PT2-000001"))
    assert answer is not None
    assert answer.status == 404
