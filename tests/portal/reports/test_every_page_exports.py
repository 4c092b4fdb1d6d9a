"""Every page that shows figures offers them as files, and its charts, to who may export; a new page of the URL map is asked."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient

from portal.permissions import ROLE_PERMISSIONS
from portal.security import allowed, demands
from tests.conftest import fresh_database
from tests.portal import world
from tests.portal.audit.walk import Portal, addresses, shown
from tests.portal.billing_audit import logs
from warehouse.engine import connect

# Pages without files, and why. What is not here has to offer a CSV.
WITHOUT = {
    "account.show": "the own account",
    "case_decisions.billed": "one case of the billing audit, whose files have it",
    "case_decisions.show": "one case of the billing audit, whose files have it",
    "case_disputes.new": "a form",
    "case_disputes.show": "one dispute, with notes that are in no file; the list's files have it",
    "case_logs.index": "what was uploaded; its cases are in the files of the billing audit",
    "case_logs.show": "what was uploaded; its cases are in the files of the billing audit",
    "contacts.ask": "identity leaves by no file",
    "export_orders.new": "the dialog that makes files",
    "filing_limits.index": "a form of settings",
    "patients.index": "a search; each patient found has files",
    "reference.index": "the reference of the API",
    "saved_views.index": "addresses of pages",
    "saved_views.new": "a form",
    "security.change_password": "a form",
    "security.mf_recovery_codes": "a form",
    "security.verify": "a form",
    "tokens.new": "a form",
    "user_admin.index": "who may sign in",
    "user_admin.new": "a form",
    "user_admin.show": "one user",
    "write_offs.new": "a form",
    "write_offs.show": "one write-off; the list's files have it",
}
_NO_PAGE = re.compile(r"^/api/|\.(csv|svg|png|json)$|/(export|report|file|statement|progress)$|^/$|^/staff/build$")
_MORE = {"write_off_batches.preview": "&minDaysOverdue=0&currency=USD", "gates.index": "", "exports.index": ""}
_LINK = re.compile(r"<a\b([^>]*)>")
_FIGURES = re.compile(r'class="card__value"|class="table__number"|<figure class="chart"')
_KINDS = {"csv": r"\.csv\b|/csv\b|format=csv", "png": r"\.png\b"}


@dataclass(frozen=True)
class Seen:
    """A page, or a tab of one, as somebody sees it."""

    endpoint: str
    address: str
    text: str

    @property
    def files(self) -> list[str]:
        """Addresses that are to be saved."""
        return [address for address, attributes in _links(self.text) if re.search(r"\sdownload\b", attributes)]

    def of(self, kind: str) -> list[str]:
        """Addresses of files of a format."""
        return [address for address in self.files if re.search(_KINDS[kind], address)]


def _links(text: str) -> list[tuple[str, str]]:
    found = [(re.search(r'href="([^"]*)"', attributes), attributes) for attributes in _LINK.findall(text)]
    return [(unescape(address[1]), attributes) for address, attributes in found if address]


@pytest.fixture(scope="module")
def portal(server: str, published_world: str) -> Iterator[Portal]:
    """The portal on a copy of the published world: all lists have something in them."""
    for _ in fresh_database(server, published_world):
        made = Portal(world.make_app(SITE_URL="https://daybook.example", SMALL_BALANCE_LIMITS={"*": Decimal(100)}))
        with connect("owner") as connection:
            connection.execute(
                "update marts_b1.fct_write_offs set reconciliation = 'not requested' where hospital_id = 'H1'"
            )
        run = world.add_finished_run(world.INSTANT)
        world.add_gate(run, "totals", passed=True, hospital="H1")
        form = {"csrf_token": logs.token(made.doctor), "month": "2026-03", "grossPay": "100.00", "readFrom": "typed"}
        assert made.doctor.post("/compensation/statements", data=form).status_code == 302
        made.doctor.get("/insights/export?part=comparisons&format=csv&hospitalId=H1").close()
        yield made


def _pages(portal: Portal, client: FlaskClient | None = None, role: str = "super_admin") -> Iterator[Seen]:
    """Every page, and every tab of it, that ``role`` opens; without ``client`` by whom the walk has for it."""
    for rule in sorted(shown(portal), key=lambda one: one.rule):
        if _NO_PAGE.search(rule.rule) or not allowed(demands(portal.app, rule.endpoint), ROLE_PERMISSIONS[role]):
            continue
        browser = client or portal.browser(rule.endpoint)
        address = next(iter(addresses(portal, rule))) + _MORE.get(rule.endpoint, "")
        if (page := _page(browser, rule.endpoint, address)) is None:
            continue
        yield page
        tabs = re.search(r'<nav class="tabs".*?</nav>', page.text, re.DOTALL)
        for tab, attributes in _links(tabs[0]) if tabs else []:
            if "aria-current" not in attributes and (other := _page(browser, rule.endpoint, tab)):
                yield other


def _page(browser: FlaskClient, endpoint: str, address: str) -> Seen | None:
    answer = browser.get(address, follow_redirects=False)
    if answer.status_code in (
        400,
        404,
    ):  # what somebody else's is does not exist; a view of what one may not see neither
        return None
    assert (answer.status_code, answer.mimetype) == (200, "text/html"), (address, answer.status_code, answer.mimetype)
    return Seen(endpoint, address, answer.text)


@pytest.fixture(scope="module")
def pages(portal: Portal) -> list[Seen]:
    """Every page as those see it who see most."""
    return list(_pages(portal))


def test_every_page_offers_its_figures_as_csv(pages: list[Seen]) -> None:
    asked = [page for page in pages if page.endpoint not in WITHOUT]
    assert [page.address for page in asked if _FIGURES.search(page.text) and not page.of("csv")] == []
    assert {page.endpoint for page in asked} - {page.endpoint for page in asked if page.of("csv")} == set()
    assert set(WITHOUT) <= {page.endpoint for page in pages}
    assert len({page.endpoint for page in pages} - set(WITHOUT)) >= 25


def test_every_chart_is_offered_as_a_picture_and_as_a_table(pages: list[Seen]) -> None:
    charted = [
        (page, page.text.count('<figure class="chart"')) for page in pages if '<figure class="chart"' in page.text
    ]
    assert len(charted) >= 15
    assert [page.address for page, charts in charted if len(set(page.of("png"))) != charts] == []
    assert [page.address for page, charts in charted if len(set(page.of("csv"))) < charts] == []


def test_each_file_is_what_its_link_says(portal: Portal, pages: list[Seen]) -> None:
    problems = []
    for address, endpoint in {address: page.endpoint for page in pages for address in page.files}.items():
        if "format=pdf" in address or address.endswith("/statement") or "/pdf" in address or "/statement?" in address:
            continue  # laid out for seconds: tests/portal/audit/test_audit_refused.py gets each of them
        with portal.browser(endpoint).get(address) as answer:
            disposition = answer.headers.get("Content-Disposition", "")
            if (
                answer.status_code != 200
                or not disposition.startswith("attachment")
                or not _is_valid(answer.data, disposition)
            ):
                problems.append(f"{address}: {answer.status_code} {disposition} {answer.data[:200]!r}")
    assert not problems, "\n".join(problems)


def _is_valid(content: bytes, disposition: str) -> bool:
    ending = disposition.rstrip('"').rpartition(".")[2]
    if ending == "csv":
        header, *lines = csv.reader(io.StringIO(content.decode(), newline=""))
        return bool(lines) and all(len(line) == len(header) for line in lines)
    if ending == "xlsx":
        return zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    return ending == "png" and content.startswith(b"\x89PNG") and len(content) > 2_000


@pytest.mark.parametrize("role", [role for role in ROLE_PERMISSIONS if role != "super_admin"])
def test_files_are_offered_to_who_may_export_and_to_nobody_else(portal: Portal, role: str) -> None:
    permissions, matches = ROLE_PERMISSIONS[role], portal.app.url_map.bind("localhost").match
    linked = ["D1"] if "compensation:read" in permissions else []
    browser = world.sign_in(portal.app, world.add_user(portal.app, role, ["H1"], f"files.{role}@clinic.org", linked))
    if linked:
        browser.get("/insights/export?part=comparisons&format=csv").close()
    elif "financial-reports:read" in permissions:
        browser.get("/tax/export?startDate=2026-01-01&endDate=2026-03-31&format=csv").close()
    problems, opened = [], 0
    for page in _pages(portal, browser, role):
        opened += 1
        for address, attributes in _links(page.text):
            path = address.partition("?")[0]
            if not path.startswith("/") or path.startswith("/static/"):
                continue
            wanted = demands(portal.app, matches(path)[0])
            is_file = "exports:create" in wanted or re.search(r"\sdownload\b", attributes)
            if is_file and not allowed(wanted, permissions):
                problems.append(f"{page.address} offers {address}")
        if (
            "exports:create" in permissions
            and page.endpoint not in WITHOUT
            and _FIGURES.search(page.text)
            and not page.of("csv")
        ):
            problems.append(f"{page.address} offers no file")
    assert not problems, "\n".join(problems)
    assert opened >= 4
