"""A denied claim of a provider's invoice, from the list to the dispute and what came of it.

C2 of Dr One's I03 stays denied here, as if nobody had submitted it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal.billing_audit.logs import import_log
from tests.portal.billing_audit.test_audit_page import words
from tests.portal.billing_audit.test_disputes import send
from warehouse.engine import connect

SignIn = Callable[[str], FlaskClient]
DENIED = "/audit?show=denied&startDate=2026-01-01&endDate=2026-03-31"


def _claim(change: str) -> None:
    with connect("owner") as connection:
        connection.execute(
            f"update marts_b1.fct_claims set {change} where hospital_id = 'H1' and claim_id = 'C2'".encode()
        )
        connection.commit()


@pytest.fixture(autouse=True)
def _denied(app: Flask, _no_disputes: None) -> Iterator[None]:
    _claim("is_replaced = false, paid_amount = null")
    yield
    _claim("is_replaced = true, paid_amount = null")


def _key(browser: FlaskClient) -> str:
    found = re.search(r"/audit/disputes/new/([0-9a-f-]{36})", browser.get(DENIED).text)
    assert found
    return found[1]


def test_it_is_listed_with_why_and_how_much(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    page = words(browser.get(DENIED).text)
    assert "10 Jan 2026" in page and "C2" in page and "CO-16" in page and "$100.00" in page
    other = client("other")
    import_log(other)
    assert "C2" not in words(other.get(DENIED).text)


def test_what_is_paid_since_is_proposed(client: SignIn) -> None:
    browser = client("provider")
    import_log(browser)
    answer = send(browser, _key(browser), claimed="100.00")
    assert (answer.status_code, answer.location) == (302, "/audit/disputes/1")
    page = words(browser.get("/audit/disputes/1").text)
    assert "since it was sent" not in page and "$100.00" in page
    _claim("paid_amount = 60")
    page = words(browser.get("/audit/disputes/1").text)
    assert "$60.00 was paid" in page
