"""The follow-up on an invoice's page: adding, withdrawing, what is wrong beside its field, and who may."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal import world
from tests.portal.follow_ups.conftest import Office

PAGE = "/staff/outstanding/I01"
_ADD = f"{PAGE}/follow-ups?hospitalId=H1"


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def _send(client: FlaskClient, address: str = _ADD, **form: str) -> TestResponse:
    token = world.csrf_token(client.get("/account").text)
    return client.post(address, data=form | {"csrf_token": token})


def test_what_was_said_is_added_and_shown(office: Office) -> None:
    browser = office.browser("clerk")
    assert "Nothing was noted or agreed." in _text(browser.get(PAGE).text)
    sent = _send(
        browser, note="calls back\r\non Friday", promisedAmount="60.00", promisedFor="2026-04-30",
        contactOn="2026-03-31", contactWith="patient",
    )  # fmt: skip
    assert sent.status_code == 302 and sent.location == f"{PAGE}?hospitalId=H1#follow-up"
    text = _text(browser.get(PAGE).text)
    assert "Next contact 31 Mar 2026, the patient due" in text
    assert "Promise to pay $60.00 by 30 Apr 2026 open" in text
    assert "clerk@clinic.org calls back on Friday" in text


def test_the_same_form_sent_twice_is_one_entry(office: Office) -> None:
    browser = office.browser("clerk")
    for _ in range(2):
        assert _send(browser, note="once", key="k1").status_code == 302
    assert len(office.history("I01")) == 1


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "note"),
        ({"note": "   "}, "note"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "bell \x07"}, "note"),
        ({"promisedAmount": "much", "promisedFor": "2026-04-30"}, "promisedAmount"),
        ({"promisedAmount": "-5", "promisedFor": "2026-04-30"}, "promisedAmount"),
        ({"promisedAmount": "5"}, "promisedFor"),
        ({"promisedAmount": "5", "promisedFor": "30.4.2026"}, "promisedFor"),
        ({"contactOn": "2026-04-01", "contactWith": "the moon"}, "contactWith"),
        ({"contactOn": "2026-04-01", "contactWith": "patient", "endsContact": "true"}, "endsContact"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    office: Office, form: dict[str, str], field: str
) -> None:
    page = _send(office.browser("clerk"), **({"note": "keep <b>this</b>"} | form if field != "note" else form))
    assert page.status_code == 400
    assert f'id="e-{field}"' in page.text and f'aria-describedby="e-{field}"' in page.text
    if field != "note":
        assert "keep &lt;b&gt;this&lt;/b&gt;" in page.text
    assert office.history("I01") == []


def test_html_in_a_note_is_shown_as_it_was_typed(office: Office) -> None:
    browser = office.browser("clerk")
    _send(browser, note="<script>alert(1)</script>")
    page = browser.get(PAGE).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page


def test_an_entry_is_withdrawn_once(office: Office) -> None:
    number, browser = office.say("I01", note="slip"), office.browser("colleague")
    address = re.search(rf'action="({PAGE}/follow-ups/{number}/withdraw[^"]*)"', browser.get(PAGE).text)
    assert address
    assert _send(browser, unescape(address[1])).status_code == 302
    assert "colleague@clinic.org" in _text(browser.get(PAGE).text)
    again = _send(browser, unescape(address[1]))
    assert again.status_code == 409 and "withdrawn already" in again.text
    assert _send(browser, f"{PAGE}/follow-ups/999/withdraw").status_code == 404


def test_only_the_entitled_and_only_of_their_hospitals(office: Office) -> None:
    office.say("I01", note="of H1")
    assert _send(office.browser("viewer"), note="x").status_code == 403
    assert _send(office.browser("abroad"), note="x").status_code == 404
    assert "of H1" not in office.browser("abroad").get(PAGE).text
    assert len(office.history("I01")) == 1
    without_token = office.browser("clerk").post(_ADD, data={"note": "x"})
    assert without_token.status_code == 400 and len(office.history("I01")) == 1


def test_a_number_of_two_hospitals_is_followed_up_one_at_a_time(office: Office) -> None:
    browser = office.browser("both")
    page = browser.get(PAGE).text
    assert "Add to the follow-up" not in page and page.count("Follow up this one") == 2
    assert _send(browser, f"{PAGE}/follow-ups", note="whose?").status_code == 400
    assert _send(browser, f"{PAGE}/follow-ups?hospitalId=H2", note="of H2").status_code == 302
    assert len(office.history("I01", hospital="H2")) == 1 and office.history("I01") == []


def test_a_day_of_the_past_shows_what_stood_then_and_takes_nothing(office: Office) -> None:
    office.say("I01", note="today")
    page = office.browser("clerk").get(f"{PAGE}?asOfDate=2026-03-30").text
    assert "Nothing was noted or agreed by then." in _text(page) and "Add to the follow-up" not in page
