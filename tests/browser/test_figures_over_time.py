"""A run that fails and one that publishes, while somebody looks: the page says so, and shows the newer figures in place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.site import Site, drawn_bars

REVENUE = "/staff/reports/revenue?startDate=2026-01-01&endDate=2026-03-31&granularity=month"
_LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


_NEW_PATIENT = "PT1-999999,H1,Nova,Newcomer,1990-01-01,,,,\n"


def _copy(site: Site, folder: Path) -> Path:
    return Path(shutil.copytree(site.source, folder))


def _without_amounts(source: Path) -> Path:
    payments = source / "payments.csv"
    payments.write_text(payments.read_text(encoding="utf-8").replace("amount", "colour", 1), encoding="utf-8")
    return source


def _with_a_new_patient(source: Path) -> Path:
    with (source / "patients.csv").open("a", encoding="utf-8") as patients:
        patients.write(_NEW_PATIENT)
    return source


def test_stale_figures_say_why_newer_ones_come_by_themselves_and_a_new_patient_has_no_history(
    signed_in: Callable[[str], Page], site: Site, tmp_path: Path
):
    page = signed_in("accountant")
    page.goto(site.url(REVENUE))
    freshness = page.get_by_role("region", name="Freshness of the figures")
    expect(freshness).to_contain_text("Data as of")
    build = page.locator("#newer-build").get_attribute("data-build")
    total = page.locator(".card__value").first.inner_text()

    assert site.run(_without_amounts(_copy(site, tmp_path / "broken"))) != 0
    page.reload()
    expect(freshness).to_contain_text(re.compile(r"Not up to date\. The last run (failed|was stopped)"))
    expect(freshness).to_contain_text(re.compile("What came after .* is not included yet"))
    assert page.locator(".card__value").first.inner_text() == total  # of the last good build
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF", exact=True).click()
    assert "is not included yet" in " ".join(PdfReader(download.value.path()).pages[0].extract_text().split())
    meta = page.request.get(site.url("/api/v1/reports/revenue")).json()["meta"]
    assert meta["stale"] is True and "is not included yet" in meta["staleReason"]

    assert site.run(_with_a_new_patient(_copy(site, tmp_path / "newer"))) == 0
    page.evaluate("window.stayed = true")
    page.evaluate(_LOOK)
    expect(page.locator("#busy")).to_have_text("Newer figures were published: this view shows them now.")
    assert page.locator("#newer-build").get_attribute("data-build") != build
    expect(freshness).not_to_contain_text("Not up to date")
    assert page.url == site.url(REVENUE) and page.evaluate("window.stayed")
    assert drawn_bars(page) == 3

    page.goto(site.url("/staff/patients/PT1-999999"))
    expect(page.get_by_text("This patient has made no payment since")).to_be_visible()
    assert "Newcomer" not in page.content()
