"""Make the pictures in docs/images: a demonstration of the sample group, seen by its accountant and a practice manager."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright

from warehouse.settings import ROOT, home

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PAGES = {
    "accountant": {
        "reports": "/staff/reports",
        "revenue": "/staff/reports/revenue?startDate={year}-01-01&endDate={day}&granularity=month&compare=year",
        "outstanding": "/staff/outstanding",
        "figure": "/figures/cash-received?startDate={year}-01-01&endDate={day}&currency=USD",
    },
    "practice.manager": {"insights": "/insights", "forecast": "/forecast"},
}


@click.command(help=__doc__)
@click.option("--address", default="http://127.0.0.1:8000", show_default=True, help="Where ./scripts/demo runs.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=ROOT / "docs" / "images", show_default=True
)
def main(address: str, out: Path) -> None:
    """Sign in and photograph each page."""
    password = json.loads((home() / "demo.json").read_text(encoding="utf-8"))["password"]
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("DAYBOOK_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for login, pages in _PAGES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 1040}, device_scale_factor=1.5, locale="en-US")
            day = _sign_in(page, address, login, password)
            for name, target in pages.items():
                page.goto(address + target.format(year=day[:4], day=day))
                page.wait_for_load_state("networkidle")
                page.screenshot(path=out / f"{name}.png")
                click.echo(f"{out / name}.png")
        browser.close()


def _sign_in(page: Page, address: str, login: str, password: str) -> str:
    """Sign in as a user of the demonstration and return the business date."""
    page.goto(f"{address}/login")
    page.get_by_label("Email").fill(f"{login}@daybook.example")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/staff/reports")
    return str(page.request.get(f"{address}/api/v1/freshness").json()["meta"]["businessDate"])


if __name__ == "__main__":
    main()
