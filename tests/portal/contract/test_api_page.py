"""docs/API.md: what it says of endpoints is what the code says, and its examples are answered as it shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from scripts.api_reference import PAGE, description, page
from tests.portal.contract.conftest import Portal

_BLOCK = re.compile(r"```http\n(.*?)```", re.DOTALL)
_ROLES = {"$VIEWER": "viewer", "$PROVIDER": "provider", "$ACCOUNTANT": "accountant", "$ADMIN": "hospital_admin"}
_ANYTHING = "…"


@dataclass(frozen=True)
class Message:
    """A request or an answer as the page shows it: first line, headers, body."""

    first: str
    headers: dict[str, str]
    body: str


def examples(text: str) -> list[tuple[Message, Message]]:
    """Return the requests of a page with the answer that follows each."""
    found = [_message(block) for block in _BLOCK.findall(text)]
    assert len(found) % 2 == 0, "a request without an answer"
    return list(zip(found[::2], found[1::2], strict=True))


def _message(block: str) -> Message:
    head, _, body = block.partition("\n\n")
    first, *headers = head.strip().splitlines()
    return Message(first, dict(line.split(": ", 1) for line in headers), body.strip())


def differences(shown: Any, actual: Any, where: str = "") -> list[str]:
    """Return where ``actual`` is not what the page shows; ``…`` stands for anything, at a list's end for more items."""
    if shown == _ANYTHING:
        return []
    if isinstance(shown, dict) and isinstance(actual, dict):
        wrong = [f"{where}.{name}" for name in sorted(shown.keys() ^ actual.keys())]
        return wrong + [
            d for name in shown if name in actual for d in differences(shown[name], actual[name], f"{where}.{name}")
        ]
    if isinstance(shown, list) and isinstance(actual, list):
        if shown[-1:] == [_ANYTHING]:
            shown, actual = shown[:-1], actual[: len(shown) - 1]
        if len(shown) != len(actual):
            return [f"{where}: {len(actual)} items"]
        return [d for number, item in enumerate(shown) for d in differences(item, actual[number], f"{where}[{number}]")]
    return [] if shown == actual else [f"{where}: {actual!r}"]


def send(portal: Portal, request: Message, etag: str) -> Any:
    """Send a request of the page and return the answer."""
    method, path = request.first.split(" ")
    values = _ROLES | {"$ETAG": "$ETAG"}
    headers = {}
    for name, value in request.headers.items():
        for placeholder, role in values.items():
            value = value.replace(placeholder, etag if role == "$ETAG" else portal.tokens[role])  # noqa: PLW2901
        headers[name] = value
    body = {"json": json.loads(request.body)} if request.body else {}
    return portal.app.test_client().open(path, method=method, headers=headers, **body)


def etag_of(portal: Portal, request: Message) -> str:
    """Return the tag that the same request was answered with before."""
    if "If-None-Match" not in request.headers:
        return ""
    before = {name: value for name, value in request.headers.items() if name != "If-None-Match"}
    return str(send(portal, Message(request.first, before, request.body), "").headers["ETag"])


def test_the_page_says_what_the_code_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text, description()), "run scripts/api_reference"


def test_only_the_endpoints_of_a_page_are_written() -> None:
    before = "# T\n\nrules\n\n## Endpoints\n\nold\n\n## After\n\nstays\n"
    after = page(before, description())
    assert after.startswith("# T\n\nrules\n\n## Endpoints\n\nPermissions")
    assert after.endswith("503.\n\n## After\n\nstays\n")
    assert page(after, description()) == after


def test_everything_that_is_sent_is_described() -> None:
    nameless = [
        f"{method} {path}: {parameter['name']}"
        for path, operations in description()["paths"].items()
        for method, about in operations.items()
        for parameter in about["parameters"]
        if not parameter["description"] and parameter["in"] != "path"
    ]
    assert not nameless


def test_the_examples_are_answered_as_the_page_shows(portal: Portal) -> None:
    found = examples(PAGE.read_text(encoding="utf-8"))
    assert len(found) >= 15
    for request, shown in found:
        answer = send(portal, request, etag_of(portal, request))
        with answer:
            assert shown.first == f"HTTP {answer.status_code}", (request, answer.text)
            assert not differences(shown.headers, {name: answer.headers.get(name, "") for name in shown.headers})
            if answer.is_json:
                assert not differences(json.loads(shown.body), answer.json), (request, answer.json)
            else:
                assert answer.text.replace("\r\n", "\n").strip() == shown.body


def test_a_difference_is_found() -> None:
    shown = {"a": 1, "b": [{"c": "…"}, "…"], "d": "x"}
    assert not differences(shown, {"a": 1, "b": [{"c": 5}, {"c": 6}], "d": "x"})
    assert differences(shown, {"a": 1, "b": [], "d": "x"})
    assert differences(shown, {"a": 1, "b": [{"c": 5}], "d": "y"})
    assert differences(shown, {"a": 1, "b": [{"e": 5}], "d": "x"})
    assert differences(shown, {"a": 1, "b": [{"c": 5}]})
