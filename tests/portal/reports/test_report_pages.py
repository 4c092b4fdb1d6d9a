"""The pages: figures, charts, filters in the address, empty states that say why, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.portal import world

SignIn = Callable[[str], FlaskClient]
REVENUE, OUTSTANDING, PATIENTS = "/staff/reports/revenue", "/staff/outstanding", "/staff/patients"


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_revenue_shows_figures_chart_table_definitions_and_build(client: SignIn) -> None:
    page = client("viewer").get(REVENUE + "?startDate=2026-01-01&endDate=2026-03-31&granularity=month")
    assert page.status_code == 200
    text = _text(page.text)
    for expected in ("$955.00", "$779.50", "$86.82", "Jan 2026", "$615.00", "How these figures are defined",
                     "Sum of payments received", "Build 1"):  # fmt: skip
        assert expected in text, expected
    image = re.search(r'<img src="([^"]+)" alt="Revenue collected in USD, monthly[^"]*"', page.text)
    assert image
    drawing = client("viewer").get(unescape(image[1]))
    assert drawing.mimetype == "image/svg+xml"
    assert drawing.text.startswith("<svg") and "<script" not in drawing.text


def test_the_page_runs_under_its_security_policy(client: SignIn) -> None:
    for url in (REVENUE, OUTSTANDING, PATIENTS, PATIENTS + "/P01", OUTSTANDING + "/I01"):
        page = client("accountant").get(url)
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert not re.search(r"<style|style=|<script(?![^>]* src=)|\son\w+=", page.text), url


def test_the_charts_specification_holds_the_figures(client: SignIn) -> None:
    spec = client("viewer").get(REVENUE + "/chart.json?startDate=2026-01-01&endDate=2026-03-31&granularity=month").json
    assert [(row["label"], row["text"]) for row in spec["data"]["values"]] == [
        ("Jan", "USD 615.00"), ("Feb", "USD 300.00"), ("Mar", "USD 40.00"),
    ]  # fmt: skip
    dark = client("viewer").get(REVENUE + "/chart.svg?theme=dark").text
    assert dark != client("viewer").get(REVENUE + "/chart.svg").text


def test_an_empty_range_says_when_the_last_payment_was(client: SignIn) -> None:
    page = client("viewer").get(REVENUE + "?startDate=2026-03-20&endDate=2026-03-25")
    assert "No payments between 20 Mar 2026 and 25 Mar 2026: the last payment is of 10 Mar 2026." in _text(page.text)
    assert "<img" not in page.text


def test_a_wrong_filter_is_named_beside_its_field_and_nothing_is_shown(client: SignIn) -> None:
    page = client("viewer").get(REVENUE + "?startDate=2026-02-30&departmentId=NOPE")
    assert page.status_code == 400
    assert 'aria-describedby="e-startDate"' in page.text
    assert "$" not in _text(page.text)
    unknown = client("viewer").get(REVENUE + "?departmentId=NOPE")
    assert unknown.status_code == 400 and "names no department here" in unknown.text


def test_each_currency_has_a_block_of_its_own(client: SignIn) -> None:
    text = _text(client("accountant_both").get(REVENUE + "?startDate=2026-01-01&endDate=2026-03-31").text)
    assert "$955.00" in text and "€750.00" in text and "1,705" not in text
    one = _text(client("accountant_both").get(REVENUE + "?startDate=2026-01-01&currency=EUR").text)
    assert "€750.00" in one and "$955.00" not in one


def test_a_viewer_sees_aging_totals_but_no_patient_rows_and_no_exports(client: SignIn) -> None:
    text = _text(client("viewer").get(OUTSTANDING).text)
    assert "$1,110.50" in text and "$855.50" in text and "31–60 days" in text
    for hidden in ("P10", "I10", "Export what is shown", "Open invoices"):
        assert hidden not in text
    assert client("viewer").get(OUTSTANDING + "/I10").status_code == 403
    assert client("viewer").get(PATIENTS).status_code == 403


def test_outstanding_lists_the_rows_behind_its_totals(client: SignIn) -> None:
    page = client("accountant").get(OUTSTANDING + "?sort=-amountDue")
    text = _text(page.text)
    assert "9 rows, together $1,110.50" in text
    assert re.findall(r">(I\d+)</a>", page.text) == ["I10", "I09", "I06", "I02", "I11", "I16", "I17", "I01", "I18"]
    assert 'aria-sort="descending"' in page.text
    past = _text(client("accountant").get(OUTSTANDING + "?asOfDate=2026-01-31").text)
    assert "$890.00" in past and "As of 31 Jan 2026" in past
    none = _text(client("accountant").get(OUTSTANDING + "?minAmount=9000").text)
    assert "No open invoice fits these filters" in none and "$1,110.50 in 9 invoices" in none


def test_the_trace_of_an_invoice_adds_up_to_its_balance(client: SignIn) -> None:
    page = client("accountant").get(OUTSTANDING + "/I10")
    cells = [cell.strip() for cell in re.findall(r'<td class="table__number">([^<]*)</td>', page.text)]
    assert cells == ["$500.00", "$500.00", "−$100.00", "$400.00", "−$50.00", "$350.00", "−$20.00", "$330.00", "$10.00",
                     "$340.00", "$340.00"]  # fmt: skip
    corrected = _text(client("accountant").get(OUTSTANDING + "/I06").text)
    assert "reversal" in corrected and "5 Mar 2026" in corrected
    assert client("accountant").get(OUTSTANDING + "/NOPE").status_code == 404
    assert client("accountant").get(OUTSTANDING + "/I%00").status_code == 404
    assert client("accountant").get(PATIENTS + "/P%00").status_code == 404
    assert client("accountant").get(OUTSTANDING + "/I13").status_code == 404  # hospital H2's
    assert client("accountant").get(OUTSTANDING + "/I10?asOfDate=2026-04-01").status_code == 400


def test_searching_by_name_keeps_the_name_out_of_the_address_and_the_log(client: SignIn) -> None:
    accounts = client("patient_accounts")
    token = world.csrf_token(accounts.get(PATIENTS).text)
    page = accounts.post(PATIENTS, data={"q": "lopez", "csrf_token": token})
    assert page.status_code == 200
    assert re.findall(r'<a href="/staff/patients/(P\d+)\?hospitalId=H1">', page.text) == ["P01"]
    assert "1950" in page.text and "$60.00" in page.text
    assert "lopez" not in str(world.audit_records()).lower()
    nobody = accounts.post(PATIENTS, data={"q": "Quux", "csrf_token": token})
    assert "Nobody found" in nobody.text
    assert accounts.post(PATIENTS, data={"q": "lopez"}).status_code == 400


def test_history_shows_payments_in_order_with_statuses_in_words(client: SignIn) -> None:
    page = client("patient_accounts").get(PATIENTS + "/P01")
    assert re.findall(r"<td>(Y\d+)</td>", page.text) == ["Y01", "Y21", "Y22"]
    assert re.findall(r'badge--\w+">(\w+)</span>', page.text) == ["paid", "pending", "failed"]
    assert "Received: $40.00" in _text(page.text)
    assert "Shows payments since 31 Mar 2025, and older ones while something on them is open." in _text(page.text)
    empty = _text(client("patient_accounts").get(PATIENTS + "/P01?startDate=2026-03-01").text)
    assert "No payments" in empty and "the last payment is of 22 Jan 2026" in empty


def test_an_empty_history_says_since_when_it_is_empty(client: SignIn) -> None:
    page = _text(client("patient_accounts").get(PATIENTS + "/P20").text)
    assert "This patient has made no payment since 31 Mar 2025, and nothing older is open." in page


@pytest.mark.parametrize("name", ["Maria", "L\u00f3pez", "Jones", "555 010"])
def test_no_page_shows_identity(client: SignIn, name: str) -> None:
    for url in (PATIENTS + "/P01", OUTSTANDING, OUTSTANDING + "/I01", OUTSTANDING + "?patientId=P01"):
        assert name not in client("accountant").get(url).text


def test_exports_are_offered_to_those_who_may(client: SignIn) -> None:
    page = client("accountant").get(REVENUE + "?startDate=2026-01-01&granularity=month&departmentId=CARD").text
    address = re.search(r'href="([^"]+)" download>CSV', page)
    assert address
    exported = client("accountant").get(unescape(address[1])).text
    assert exported.splitlines()[1].startswith("2026-01-01,,140.00")
    assert "download>" not in client("patient_accounts").get(REVENUE + "?startDate=2026-01-01").text
