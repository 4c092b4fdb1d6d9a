"""Calls to the portal: the API with a person's token, and pages with a session."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from typing import Any

_PATIENCE = 60


@dataclass(frozen=True)
class Caller:
    """Somebody who uses the API."""

    address: str
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.address}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def every(self, path: str) -> list[Any]:
        """Return the rows of all pages of a list.

        Raises:
            OSError: if a page is refused.
        """
        rows: list[Any] = []
        page = 1
        while True:
            status, answer = self.call("GET", f"{path}{'&' if '?' in path else '?'}limit=500&page={page}")
            if status != 200:
                raise OSError(f"{path} answered {status}: {answer}")
            data = answer["data"]
            rows += data if isinstance(data, list) else data["details"]
            if page >= answer["pagination"]["totalPages"]:
                return rows
            page += 1


def page_text(address: str, email: str, password: str, path: str) -> str:
    """Sign in, open a page, and return what it says without tags."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with opener.open(f"{address}/login", timeout=_PATIENCE) as answer:
        form = answer.read().decode()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    token = found[1] if found else ""
    fields = urllib.parse.urlencode({"email": email, "password": password, "csrf_token": token}).encode()
    opener.open(f"{address}/login", fields, timeout=_PATIENCE).close()
    with opener.open(f"{address}{path}", timeout=_PATIENCE) as answer:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.read().decode())))
