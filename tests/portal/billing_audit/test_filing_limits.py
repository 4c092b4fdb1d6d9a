"""Until when a claim may be filed: set by who may, counted from the case, urgent first, what is past marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import import_log, key_of, post
from tests.portal.billing_audit.test_audit_page import words
from tests.portal.billing_audit.test_disputes import send

SignIn = Callable[[str], FlaskClient]
Rows = Callable[[str], list[tuple[Any, ...]]]
pytestmark = pytest.mark.usefixtures("_no_disputes")


def test_missing_cases_have_the_days_that_are_assumed(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    page = words(browser.get("/audit?show=missing").text)
    assert "10 Jun 2026 71 days left Dispute" in page  # 12 March and 90 days, on 31 March


def test_days_are_set_for_a_hospital_and_recorded(client: SignIn, owner_rows: Rows) -> None:
    import_log(client("provider"))
    manager = client("manager")
    assert post(manager, "/audit/deadlines", hospital="H1", days="18").status_code == 302
    page = words(client("provider").get("/audit?show=missing").text)
    assert page.index("T3") < page.index("T77")  # the most urgent first
    assert "30 Mar 2026 1 day past" in page
    assert "31 Mar 2026 0 days left" in page
    listed = words(manager.get("/audit/deadlines").text)
    assert "every other payer 18 manager@clinic.org" in listed
    post(manager, "/audit/deadlines", hospital="H1", days="")
    assert "Nothing is set" in manager.get("/audit/deadlines").text
    found = owner_rows(
        "select hospital_ids, old_values ->> 'days', new_values ->> 'days' from portal.audit_log"
        " where action = 'filing_limit_set' order by id desc limit 2"
    )
    assert found == [(["H1"], "18", None), (["H1"], None, "18")]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"hospital": "H1", "days": "0"}, "must be 1 or more"),
        ({"hospital": "H1", "days": "soon"}, "must be a whole number"),
        ({"hospital": "H2", "days": "30"}, "Choose one of your hospitals."),
        ({"hospital": "H1", "days": "30", "payer": "00000000-0000-0000-0000-000000000000"}, "Choose one of the list."),
        ({"days": "30"}, "is required"),
    ],
)
def test_what_cannot_be_is_refused(client: SignIn, owner_rows: Rows, form: dict[str, str], says: str) -> None:
    answer = post(client("manager"), "/audit/deadlines", **form)
    assert (answer.status_code, says in answer.text) == (400, True), answer.text
    assert owner_rows("select count(*) from portal.filing_limits") == [(0,)]


def test_a_provider_only_sees_what_comes_of_it(client: SignIn) -> None:
    assert client("provider").get("/audit/deadlines").status_code == 403
    assert "Filing deadlines" not in client("provider").get("/audit").text


def test_unpaid_cases_have_their_age(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    page = words(browser.get("/audit?show=unpaid").text)
    assert "Unpaid 4 $1,320.00 billed" in page
    assert "13 Mar 2026 T7 D0020 $300.00 $0.00 – 18 Dispute" in page


def test_lists_are_sorted_as_the_address_says(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)

    def tickets(query: str) -> list[str]:
        page = browser.get(f"/audit?show=matched&{query}").text
        return sorted(("t-1", "T2", "T4", "T5"), key=lambda ticket: page.index(f">{ticket}</a>"))

    assert (tickets("sort=billed")[0], tickets("sort=billed")[-1]) == ("T5", "t-1")
    assert (tickets("sort=-billed")[0], tickets("sort=-billed")[-1]) == ("t-1", "T5")
    assert tickets("sort=-ticket")[0] == "t-1"
    page = browser.get("/audit?show=matched&sort=-billed").text
    assert 'aria-sort="descending"' in page
    assert "sort=billed" in page  # a click turns it round
    assert browser.get("/audit?sort=colour").status_code == 400


def test_disputes_over_the_api(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    send(browser, key_of(browser, "T77"), note="Mrs. Plantedname")
    answer = browser.get("/api/v1/billing-audit/disputes?status=open")
    (item,) = answer.json["data"]
    assert (item["label"], item["claimed"], item["recovered"], item["proposed"]) == ("T77", "40.00", "0.00", None)
    assert (item["sentOn"], item["fileBy"], item["daysLeft"]) == ("2026-03-20", "2026-06-11", 72)
    assert "Plantedname" not in answer.text
    assert client("other").get("/api/v1/billing-audit/disputes").json["data"] == []
