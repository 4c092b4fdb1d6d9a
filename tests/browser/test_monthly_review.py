"""The ten minutes a month: a provider checks whether all that was done was billed and paid, from the upload to the evidence."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.site import END, Site, busiest_provider, sample
from tests.browser.test_accessibility import violations

_NEVER_BILLED, _OTHER_TICKET = "YY-123456", "QQ-987123"


@pytest.fixture
def month_log(tmp_path: Path) -> tuple[Path, str]:
    """The provider's log of the last cases and one that was not billed, and a ticket of them that the log calls otherwise."""
    cases: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sample("charges"):
        stands = not row["units"].startswith("-") and row["case_date"] <= END.isoformat()
        if row["provider_id"] == busiest_provider() and row["hospital_id"] == "H1" and stands:
            cases[row["case_date"], row["ticket_number"]].add(row["cpt_code"])
    lines = [[day, ticket, " ".join(sorted(codes))] for (day, ticket), codes in sorted(cases.items())][-30:]
    billed = lines[10][1]
    lines[10][1] = _OTHER_TICKET
    path = tmp_path / "march.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["Date", "Ticket", "CPT"], *lines, [lines[-1][0], _NEVER_BILLED, "D0110"]])
    return path, billed


def test_the_monthly_review(signed_in: Callable[[str], Page], site: Site, month_log: tuple[Path, str]):
    path, billed = month_log
    page = signed_in("provider")
    _upload(page, path)
    expect(page.get_by_role("link", name=_NEVER_BILLED, exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("^Discrepancies")).click()
    expect(page.get_by_role("heading", name="Discrepancies", level=2)).to_be_visible()

    _confirm(page, billed)
    _dispute(page)
    _evidence(page)

    page.get_by_role("link", name="Insights", exact=True).first.click()
    expect(page.get_by_role("heading", name="Insights", level=1)).to_be_visible()
    page.get_by_role("link", name="Compensation", exact=True).first.click()
    table = page.get_by_role("table", name="Statements and calculations")
    expect(table.locator("tbody tr").first).to_be_visible()
    table.get_by_role("link").first.click()
    expect(page.get_by_role("table", name="Cases and their pay")).to_be_visible()

    page.goto(site.url("/audit/uploads"))
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("button", name="Withdraw this upload").click()
    expect(page.get_by_text(re.compile("is withdrawn"))).to_be_visible()


def _upload(page: Page, path: Path) -> None:
    page.get_by_role("link", name="Billing audit", exact=True).first.click()
    page.get_by_role("link", name="Case logs", exact=True).click()
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Go on to the columns").click()
    expect(page.get_by_label("Ticket")).to_have_value("Ticket")
    expect(page.get_by_text("As it would be read").first).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Import \d+ rows$")).click()


def _confirm(page: Page, billed: str) -> None:
    """Say that the case with the other ticket is the one that was billed."""
    page.get_by_role("link", name=re.compile("^Missing")).first.click()
    page.get_by_role("link", name=_OTHER_TICKET, exact=True).click()
    page.get_by_role("checkbox", name=re.compile(f"^Ticket {re.escape(billed)} of ")).check()
    page.get_by_role("button", name="Confirm: this is it").click()
    expect(page.get_by_text("confirmed", exact=True)).to_be_visible()


def _dispute(page: Page) -> None:
    page.get_by_role("link", name="Billing audit", exact=True).first.click()
    expect(page.get_by_role("link", name=_OTHER_TICKET, exact=True)).to_have_count(0)
    page.get_by_role("link", name=f"Dispute {_NEVER_BILLED}").click()
    page.get_by_label("Amount asked for, USD").fill("120.00")
    page.get_by_label("Note").fill("By mail, with the evidence report")
    assert violations(page) == []
    page.get_by_role("button", name="Note it as sent").click()
    expect(page.get_by_role("cell", name="By mail, with the evidence report")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Disputes", exact=True).click()
    expect(page.get_by_role("row", name=re.compile(_NEVER_BILLED))).to_contain_text("$120.00")
    assert violations(page) == []


def _evidence(page: Page) -> None:
    page.get_by_role("link", name="Billing audit", exact=True).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    text = " ".join("\n".join(sheet.extract_text() for sheet in PdfReader(download.value.path()).pages).split())
    assert _NEVER_BILLED in text
    assert f"sent {END}" in text
    assert "By mail" not in text  # notes are in no file
