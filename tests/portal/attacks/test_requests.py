"""Requests that no form and no program of ours would send: too large, too deep, of another kind, or twice the same name."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import urljoin, urlsplit

import pytest
from flask import request
from werkzeug.test import TestResponse

from portal.security import signed_in, takes
from tests.portal import world
from tests.portal.attacks.target import PERIOD, Target
from warehouse.engine import connect

_WRITE_OFFS = "/api/v1/financial-reports/write-offs"
_BODY = {"invoiceId": "I11", "amount": "1.00", "reason": "agreed", "category": "OTHER"}
_MIB = 1024 * 1024


def _refused(
    target: Target, data: bytes | str, kind: str = "application/json", address: str = _WRITE_OFFS
) -> tuple[int, TestResponse]:
    headers = {"X-CSRFToken": target.form_token("accountant")}
    answer = target.browser("accountant").post(address, data=data, content_type=kind, headers=headers)
    return answer.status_code, answer


def test_a_body_above_a_mebibyte_is_refused_plainly(target: Target) -> None:
    code, answer = _refused(target, json.dumps(_BODY | {"notes": "x" * _MIB}))
    assert (code, answer.json["error"]["code"]) == (413, "too_large")
    page = target.post("accountant", "/staff/write-offs/new", **_BODY | {"notes": "x" * _MIB})
    assert (page.status_code, page.mimetype) == (413, "text/html")
    assert "That is too large" in page.text
    login = target.app.test_client().post("/login", data={"email": "x" * _MIB, "password": "x"})
    assert login.status_code == 413


def test_a_view_may_take_more_and_only_what_it_says(target: Target) -> None:
    app = world.make_app()
    for rule, size in (("/taken", 3 * _MIB), ("/not-taken", None)):
        view = signed_in(lambda: f"{len(request.files['file'].read())} bytes")
        app.add_url_rule(rule, rule, takes(size)(view) if size else view, methods=["POST"])
    client = world.sign_in(app, "viewer@clinic.org")
    token = client.get("/api/v1/me").json["data"]["csrfToken"]

    def send(rule: str, size: int) -> TestResponse:
        return client.post(rule, data={"csrf_token": token, "file": (io.BytesIO(b"x" * size), "cases.csv")})

    assert send("/taken", 2 * _MIB).text == f"{2 * _MIB} bytes"
    assert send("/taken", 3 * _MIB).status_code == 413  # with what is around the file
    assert send("/not-taken", 2 * _MIB).status_code == 413
    assert send("/not-taken", 1000).text == "1000 bytes"


def test_a_long_text_is_refused_by_name(target: Target) -> None:
    code, answer = _refused(target, json.dumps(_BODY | {"notes": "x" * 100_000, "reason": ""}))
    assert (code, set(answer.json["error"]["fields"])) == (400, {"notes", "reason"})


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_of_any_depth_is_no_failure(target: Target, opening: str) -> None:
    code, answer = _refused(target, opening * 200_000)
    assert (code, answer.json["success"]) == (400, False)
    closed = opening * 5_000 + ("1" if opening != "[" else "") + ("]" if opening == "[" else "}") * 5_000
    code, answer = _refused(target, json.dumps(_BODY)[:-1] + f', "notes": {closed}}}')
    assert (code, answer.json["success"]) == (400, False)


@pytest.mark.parametrize("amount", ["1e400", "-1", "0", "NaN", "Infinity", "1" * 400, "1.00000000001", "0x10", "１"])
def test_no_number_is_bent(target: Target, amount: str) -> None:
    for text in (f'"{amount}"', amount):
        code, answer = _refused(target, json.dumps(_BODY).replace('"1.00"', text))
        assert (code, answer.json["success"]) == (400, False), text


def test_thousands_of_parameters_are_no_failure(target: Target) -> None:
    browser = target.browser("accountant")
    many = "&".join(f"p{number}=1" for number in range(5_000))
    for address in ("/api/v1/reports/revenue", "/staff/reports/revenue", "/staff/reports"):
        assert browser.get(f"{address}?{many}").status_code in (200, 400)
    token = target.form_token("accountant")
    answer = browser.post("/staff/write-offs/new", data={"csrf_token": token, **{f"p{n}": "1" for n in range(5_000)}})
    assert answer.status_code in (400, 413)


def test_a_long_header_is_no_failure(target: Target) -> None:
    browser = target.browser("accountant")
    for name in ("User-Agent", "Referer", "X-Forwarded-For", "Accept-Language", "If-None-Match", "Range"):
        assert browser.get("/api/v1/metrics", headers={name: "x" * 60_000}).status_code == 200, name
    assert browser.get("/api/v1/metrics", headers={"Authorization": "Bearer " + "x" * 60_000}).status_code == 401
    headers = {"X-CSRFToken": target.form_token("accountant"), "Idempotency-Key": "x" * 60_000}
    assert browser.post(_WRITE_OFFS, json=_BODY, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
        "image/png",
    ],
)
def test_a_body_of_another_kind_is_not_read(target: Target, kind: str) -> None:
    with connect("owner") as owner:
        before = owner.execute("select count(*) from portal.write_offs").fetchone()
    code, answer = _refused(target, json.dumps(_BODY), kind)
    assert code in (400, 415), answer.text
    assert answer.is_json
    with connect("owner") as owner:
        assert owner.execute("select count(*) from portal.write_offs").fetchone() == before


def test_json_is_no_form(target: Target) -> None:
    code, _ = _refused(target, json.dumps(_BODY), address="/staff/write-offs/new")
    assert code == 400


def test_broken_text_is_no_failure(target: Target) -> None:
    for data in (
        b"\xff\xfe",
        b'{"invoiceId": "\xff"}',
        b'{"invoiceId": "\\ud800"}',
        b'{"reason": "a\\u0000b"}',
        b"null",
        b"[]",
    ):
        code, answer = _refused(target, data)
        assert (code, answer.json["success"]) == (400, False), data
    browser = target.browser("accountant")
    for path in (
        "/staff/patients/%ff%fe",
        "/api/v1/reports/revenue?currency=%ff",
        "/staff/reports?hospital=%00",
        "/%ff",
    ):
        assert browser.get(path).status_code in (200, 400, 404), path


def test_a_name_twice_is_refused_or_means_one_of_them(target: Target) -> None:
    browser = target.browser("accountant")
    twice = browser.get(
        f"/api/v1/reports/revenue?currency=USD&currency=EUR&hospitalId=H1&startDate={PERIOD['startDate']}"
    )
    assert twice.status_code == 400
    for address in ("/api/v1/reports/revenue", "/staff/reports/revenue", "/staff/reports", "/api/v1/metrics"):
        for pair in ("hospitalId=H1&hospitalId=H2", "hospital=H1&hospitalId=H2", "hospital=H2&hospital=H1"):
            assert browser.get(f"{address}?{pair}").status_code == 404, (address, pair)


def test_a_hospital_in_the_body_widens_nothing(target: Target) -> None:
    for name in ("hospitalId", "hospital"):
        answer = target.send("accountant", "POST", _WRITE_OFFS, _BODY | {name: "H2"})
        assert answer.status_code in (400, 404), answer.text
        page = target.post("accountant", "/staff/write-offs/new", **_BODY | {name: "H2"})
        assert page.status_code == 400


def test_a_host_of_ones_own_making_is_followed_nowhere(target: Target) -> None:
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        for path in ("/staff/reports", "/", "/login", "/new-password", "/account"):
            answer = target.app.test_client().get(path, headers=headers)
            assert "evil.example" not in answer.headers.get("Location", ""), (headers, path)
            assert "evil.example" not in answer.text, (headers, path)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/x", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "http:evil.example", "https:/evil.example", "javascript:alert(1)", "data:text/html,x", "/%09/evil.example",
        "\t//evil.example", " //evil.example", "https://localhost@evil.example", "https://localhost.evil.example",
        "/\t/evil.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["/login", "/verify"])
def test_no_way_leads_to_another_site(target: Target, page: str, wanted: str) -> None:
    client = target.browser("viewer") if page == "/verify" else target.app.test_client()
    token = target.form_token("viewer") if page == "/verify" else world.csrf_token(client.get("/login").text)
    form = {"email": "viewer@clinic.org", "password": world.PASSWORD, "csrf_token": token}
    for data, asked in ((form, {"next": wanted}), (form | {"next": wanted}, {})):
        answer = client.post(page, data=data, query_string=asked)
        assert urlsplit(_as_a_browser(answer.headers.get("Location", ""))).netloc == "localhost"


def _as_a_browser(location: str) -> str:
    """Where a browser goes: it drops blanks around and tabs and line ends inside, and takes a backslash for a slash."""
    return urljoin("http://localhost/login", re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/"))
