"""Files: none is served but those meant to be, and the names of those that are saved are harmless."""

from __future__ import annotations

import re

import pytest

from portal.exports.file_names import safe_name
from tests.portal.attacks.target import PERIOD, Target, query

_NAME = re.compile(r'attachment; filename="?[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.(csv|xlsx|pdf|png)"?')


@pytest.mark.parametrize("start", ["/static/", "/fs-static/", "/static/vendor/", "/static/css/"])
@pytest.mark.parametrize(
    "path",
    [
        "../config.py", "../../etl.py", "..%2f..%2fetl.py", "%2e%2e/%2e%2e/etl.py", "..%252f..%252fetl.py", "..\\..\\etl.py",
        "....//....//etl.py", "/etc/passwd", "%2fetc%2fpasswd", "icon.svg%00.py", "", ".", "..", "css/", "~root/.bashrc",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_static_files(target: Target, start: str, path: str) -> None:
    for browser in (target.app.test_client(), target.browser("super_admin")):
        with browser.get(start + path) as answer:
            assert answer.status_code in (302, 308, 400, 401, 404), answer.status_code
            assert "import " not in answer.text
            assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path", ["/.git/HEAD", "/.env", "/.env.example", "/etl.py", "/requirements.txt", "/portal/config.py", "/robots.txt~",
             "/console", "/debug", "/metrics", "/server-status", "/static", "/admin", "/api", "/api/v1", "/api/v1/openapi.yaml"],
)  # fmt: skip
def test_nothing_is_served_that_is_not_a_page(target: Target, path: str) -> None:
    assert target.browser("super_admin").get(path).status_code in (404, 308)


def test_every_file_has_a_harmless_name(target: Target) -> None:
    wrong = {}
    for rule in target.files():
        for kind in ("csv", "xlsx", "pdf"):
            address, answer = target.file(rule, kind)
            name = answer.headers.get("Content-Disposition", "")
            if answer.status_code != 200 or not _NAME.fullmatch(name):
                wrong[address] = answer.status_code, name, answer.text[:200]
    assert wrong == {}


def test_whatever_gives_a_file_is_among_them(target: Target) -> None:
    """A route that answers with something to save, and does not want a fresh session, is found here."""
    files, pages = {rule.endpoint for rule in target.files()}, set()
    for rule in target.readable(lambda rule: rule.endpoint not in files):
        with target.browser("super_admin").get(f"{target.address(rule)}?{query(rule, **PERIOD)}") as answer:
            given = answer.headers.get("Content-Disposition", "")
            assert "attachment" not in given or given == 'attachment; filename="api.json"', rule
            pages.add(answer.mimetype)
    assert pages <= {"text/html", "application/json", "image/svg+xml"}
    assert len(files) > 40


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("payments-P01-usd", "payments-P01-usd"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"b;c\r\nX-Evil: 1', "a-b-c-X-Evil-1"),
        ("CON", "CON"),
        ("..", "file"),
        ("", "file"),
        ("\u202egnp.exe", "gnp.exe"),
        ("Ж12 é", "12"),
        ("x" * 300, "x" * 120),
        ("2026-01-01-b.1", "2026-01-01-b.1"),
    ],
)
def test_a_name_is_letters_digits_and_dashes(text: str, name: str) -> None:
    assert safe_name(text) == name
