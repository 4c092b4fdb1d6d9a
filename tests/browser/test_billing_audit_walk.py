"""The monthly review: a log is uploaded, its columns looked at, and what was not billed taken along as evidence."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.site import Site, busiest_provider, drawn_bars, sample
from tests.browser.test_accessibility import violations


@pytest.fixture(scope="module")
def provider() -> str:
    """The provider of H1 with the most charges."""
    return busiest_provider()


@pytest.fixture
def log(provider: str, tmp_path: Path) -> Path:
    """What the provider logged: what was billed, but for the first case, and one that was not."""
    cases: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sample("charges"):
        if row["provider_id"] == provider and not row["units"].startswith("-"):
            cases[row["case_date"], row["ticket_number"]].add(row["cpt_code"])
    lines = [[day, ticket, " ".join(sorted(codes)), ""] for (day, ticket), codes in sorted(cases.items())]
    path = tmp_path / "my log.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["Date of service", "Ticket no.", "CPT", "Remarks"],
                *lines[1:],
                [lines[-1][0], "ZZ-987654", "D0110", "late"],
                ["soon"],
            ]
        )
    return path


def test_from_the_upload_to_the_evidence(signed_in: Callable[[str], Page], site: Site, provider: str, log: Path):
    page = signed_in("super_admin")
    page.goto(site.url("/audit/uploads"))
    page.get_by_label("Whose log").select_option(provider)
    page.get_by_label("File", exact=True).set_input_files(log)
    page.get_by_role("button", name="Go on to the columns").click()
    expect(page.get_by_role("heading", name="Which column is what")).to_be_visible()
    expect(page.get_by_label("CPT codes")).to_have_value("CPT")
    expect(page.get_by_text("1 line cannot be used")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("button", name=re.compile(r"^Import \d+ rows$")).click()
    expect(page.get_by_text("1 rows are not: why stands with the upload.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Show the audit of these days").click()

    expect(page.get_by_role("link", name="ZZ-987654", exact=True)).to_be_visible()
    expect(page.get_by_text("no charge comes near it")).to_be_visible()
    assert drawn_bars(page) >= 1
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})

    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    text = " ".join("\n".join(sheet.extract_text() for sheet in PdfReader(download.value.path()).pages).split())
    assert "ZZ-987654" in text
    assert "Expected cases" in text

    page.get_by_role("link", name="ZZ-987654", exact=True).click()
    expect(page.get_by_text("missing", exact=True)).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name=re.compile(r"^Upload \d+$")).click()
    page.get_by_role("button", name="Withdraw this upload").click()
    expect(page.get_by_text(re.compile(r"is withdrawn: its cases count no more"))).to_be_visible()
