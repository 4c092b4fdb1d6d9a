"""People who open pages of a running portal over HTTP, and how long they wait for the whole answer."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from random import Random
from typing import Any

_PATIENCE = 120
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Visit:
    """One answer.

    Attributes:
        status: 0 if there was no answer.
        final: the address that answered, after redirects.
    """

    address: str
    status: int
    seconds: float
    body: bytes = b""
    final: str = ""

    @property
    def is_good(self) -> bool:
        """Whether what was asked for was shown, and not another page in its place."""
        return self.status == 200 and urllib.parse.urlsplit(self.final).path == urllib.parse.urlsplit(self.address).path

    @property
    def json(self) -> Any:
        """The answer of an endpoint."""
        return json.loads(self.body)


class Visitor:
    """Somebody with a browser, signed in."""

    def __init__(self, server: str, email: str, password: str) -> None:
        self._server = server
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.send("/login", {"email": email, "password": password}, form_at="/login")

    def get(self, address: str) -> Visit:
        """Open an address."""
        return self._visit(address, None)

    def send(self, address: str, fields: dict[str, str], form_at: str) -> Visit:
        """Open the page of a form, fill it in, and send it; only sending is timed."""
        token = _TOKEN.search(self.get(form_at).body.decode())
        filled = fields | {"csrf_token": token[1] if token else ""}
        return self._visit(address, urllib.parse.urlencode(filled).encode())

    def _visit(self, address: str, body: bytes | None) -> Visit:
        began = time.perf_counter()
        try:
            with self._opener.open(f"{self._server}{address}", body, timeout=_PATIENCE) as answer:
                content = answer.read()
                return Visit(address, answer.status, time.perf_counter() - began, content, answer.url)
        except urllib.error.HTTPError as error:
            with error:
                return Visit(address, error.code, time.perf_counter() - began, error.read(), error.url)
        except OSError:
            return Visit(address, 0, time.perf_counter() - began)


def together(visitors: Sequence[tuple[Visitor, Sequence[str]]], seconds: float, think: float, seed: int) -> list[Visit]:
    """Let everyone open pages of theirs for some time, each a page, then a pause of ``think`` seconds on average."""
    found: list[Visit] = []
    end = time.monotonic() + seconds

    def work(visitor: Visitor, pages: Sequence[str], rng: Random) -> None:
        time.sleep(rng.uniform(0, think))  # nobody begins at the same instant
        while time.monotonic() < end:
            found.append(visitor.get(rng.choice(pages)))
            time.sleep(rng.uniform(0.5, 1.5) * think)

    workers = [threading.Thread(target=work, args=(*one, Random(f"{seed}/{n}"))) for n, one in enumerate(visitors)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found
