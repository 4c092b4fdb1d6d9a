"""Words that mean something to a database, a template or a header, in every parameter of every address."""

from __future__ import annotations

import logging
import re

import pytest
from werkzeug.test import TestResponse

from tests.portal.attacks.target import PERIOD, Target, query

# All at once, in turns of the quoting: a database, a template engine and a browser would each take its part.
WORDS = (
    "' or '1'='1\"'><script>alert(7191)</script>{{7*7191}}",
    "1; drop table portal.users--<script>alert(7191)</script>${7*7191}{{config.SECRET_KEY}}",
    "1) union select password from portal.users--<script>alert(7191)</script>#{7*7191}{% raw %}",
    "\\'; select 1--\"><script>alert(7191)</script><%= 7*7191 %>",
)
PRODUCT = "50337"


def test_no_word_in_any_parameter_is_taken_for_code(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    browser, seen = target.browser("super_admin"), 0
    with caplog.at_level(logging.ERROR):
        for rule in target.readable():
            address, names = target.address(rule), target.parameters(rule)
            for number, name in enumerate(names):
                period = PERIOD if "startDate" in names else {}
                what = f"{address}?{query(rule, **period | {name: WORDS[number % len(WORDS)]})}"
                with browser.get(what) as answer:
                    _assert_taken_for_words(target, what, answer)
                seen += 1
    assert seen > 400
    assert not [one for one in caplog.records if one.name == "portal"], caplog.text


def _assert_taken_for_words(target: Target, what: str, answer: TestResponse) -> None:
    assert answer.status_code in (200, 302, 304, 400, 404), (what, answer.status_code, answer.text[:300])
    for stolen in ("argon2", PRODUCT, str(target.app.config["SECRET_KEY"])):
        assert stolen not in answer.text, what
    if answer.mimetype != "application/json":  # a browser runs nothing in JSON: nosniff, and a policy
        assert "<script>alert(7191)" not in answer.text, what


@pytest.mark.parametrize(
    "word", ["P01' or '1'='1", "P01;--", "%", "_", "../P01", "P01\x00", "{{7*7191}}", "P01\r\nX-Evil: 1"]
)
def test_an_id_in_the_path_is_an_id_and_nothing_else(target: Target, word: str) -> None:
    browser = target.browser("super_admin")
    for rule in target.readable(lambda rule: bool({"patient_id", "invoice_id"} & rule.arguments)):
        address = target.address(rule, patient_id=word, invoice_id=word)
        with browser.get(f"{address}?{query(rule)}") as answer:
            assert answer.status_code in (302, 400, 404), (address, answer.status_code)
            assert PRODUCT not in answer.text
            assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    "words",
    ["_scheme=javascript&_external=1", "_anchor=x&_method=DELETE", "endpoint=static&filename=x", "patient_id=P20&invoice_id=I01",
     "_scheme=https&_external=true&_host=evil.example"],
)  # fmt: skip
def test_no_parameter_chooses_where_the_links_of_a_page_lead(target: Target, words: str) -> None:
    browser, seen = target.browser("super_admin"), 0
    for rule in target.readable(lambda rule: not rule.rule.startswith("/api/")):
        address = f"{target.address(rule)}?{query(rule)}&{words}"
        with browser.get(address) as answer:
            assert answer.status_code in (200, 302, 400, 404), (address, answer.status_code)
            seen += answer.status_code in (200, 400)
            for led in re.findall(
                r'(?:href|action|src|data-url)="([^"]*)"', answer.text if answer.mimetype == "text/html" else ""
            ):
                assert led.startswith(("/", "?", "#", "data:image")), (address, led)
                assert not led.startswith("//"), (address, led)
                assert not led.startswith("/staff/patients/P20"), (address, led)
    assert seen > 20


def test_a_search_finds_what_it_says_and_no_more(target: Target) -> None:
    for word in ("%", "_", "' or 1=1--", "P0_", "*", "\\"):
        page = target.post("super_admin", "/staff/patients", q=word)
        assert page.status_code == 200
        assert "/staff/patients/P" not in page.text, word
        asked = {"q": word, "hospitalId": "H1"}
        assert target.browser("super_admin").get("/api/v1/reports/patients", query_string=asked).json["data"] == []


@pytest.mark.parametrize("address", ["/login?next=", "/verify?next=", "/staff/reports?hospital="])
def test_no_parameter_makes_a_header(target: Target, address: str) -> None:
    for word in ("/x%0d%0aX-Evil:%201", "/x%0aSet-Cookie:%20a=b", "%E5%98%8D%E5%98%8AX-Evil:%201"):
        answer = target.app.test_client().get(address + word)
        assert "X-Evil" not in answer.headers
        assert not any(value.startswith("a=") for value in answer.headers.getlist("Set-Cookie"))
        assert answer.status_code < 500
