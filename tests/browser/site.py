"""A portal with a small published group, as a person's browser meets it."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from scripts.sample_data.generator import generate
from scripts.sample_data.tables import Row
from warehouse.settings import ROOT

END, SEED, INVOICES = date(2026, 3, 31), 11, 400
PASSWORD = "correct-horse-battery"
USERS = {
    "viewer": ("H1", "H2"),
    "patient_accounts": ("H1", "H2"),
    "accountant": ("H1", "H2"),
    "hospital_admin": ("H1",),
    "auditor": ("H1",),
    "provider": ("H1",),
    "super_admin": (),
}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Site:
    """Where the portal is, and what its programs are given.

    Attributes:
        source: the folder of the sample data that it shows.
    """

    address: str
    environment: Mapping[str, str] = field(repr=False)
    source: Path

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f"{self.address}{path}"

    def run(self, source: Path) -> int:
        """Run the pipeline as cron does, with the sample's business date, and return its exit code."""
        command = [sys.executable, "etl.py", "run", "--source", str(source), "--business-date", END.isoformat()]
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, check=False).returncode


def email(role: str) -> str:
    """Return the address with which the user of a role signs in."""
    return f"{role.replace('_', '.')}@daybook.example"


def launch(playwright: Playwright) -> Browser:
    """Start Chromium: the one that DAYBOOK_CHROMIUM names, the system's, else Playwright's own."""
    path = os.environ.get("DAYBOOK_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=arguments)


def sign_in(context: BrowserContext, site: Site, role: str) -> Page:
    """Sign in as the user of a role, by keyboard, and return the page that comes after."""
    page = context.new_page()
    page.goto(site.url("/login"))
    page.get_by_label("Email").fill(email(role))
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(site.url("/staff/reports"))
    return page


def drawn_bars(page: Page) -> int:
    """Return how many bars with a size the first chart of a page has drawn."""
    bars = page.locator("figure.chart").first.locator("svg g.mark-rect path")
    bars.first.wait_for(state="attached")
    return sum(1 for bar in bars.all() if (bar.bounding_box() or {"height": 0})["height"] > 1)


def money(text: str) -> Decimal:
    """Read an amount as a page writes it: ``USD 1,234.50`` or ``$1,234.50``."""
    return Decimal(re.sub(r"[^\d.-]", "", text))


@cache
def _samples() -> dict[str, list[Row]]:
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), SEED, END, INVOICES)
        files = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in Path(folder).iterdir()}
    return {name: list(csv.DictReader(lines)) for name, lines in files.items()}


def busiest_provider() -> str:
    """Return the provider of H1 with the most charges: whom the user of role ``provider`` is."""
    return Counter(row["provider_id"] for row in sample("charges") if row["hospital_id"] == "H1").most_common(1)[0][0]


def sample(table: str) -> list[Row]:
    """Return the rows of a table of the sample data that the site shows, broken ones included."""
    return _samples()[table]
