"""A client of Daybook's API with nothing but the standard library.

    DAYBOOK_TOKEN=… python docs/examples/client.py https://daybook.example.org

It pages through lists, asks again only for what has changed (ETag), and waits when the portal says so (429, 503).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

_TRIES = 5
_SECONDS = 30


class ApiError(Exception):
    """The portal refused; ``fields`` maps parameters to what is wrong with them."""

    def __init__(self, status: int, code: str, message: str, fields: dict[str, str]) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.fields = status, code, fields


@dataclass(frozen=True)
class Answer:
    """What came: ``data``, the build that it is of (``meta``), and which part of a list it is (``pagination``)."""

    data: Any
    meta: dict[str, Any]
    pagination: dict[str, int] | None = None


@dataclass(frozen=True)
class OpenInvoice:
    """One open invoice, or an instalment of one."""

    invoice_id: str
    instalment_no: int
    patient_id: str
    due_date: date | None
    amount_due: Decimal
    days_overdue: int

    @classmethod
    def read(cls, item: dict[str, Any]) -> OpenInvoice:
        """Return an item of ``GET /reports/outstanding``. Money is text: ``Decimal`` keeps every cent of it."""
        return cls(
            invoice_id=item["invoiceId"],
            instalment_no=item["instalmentNo"],
            patient_id=item["patientId"],
            due_date=date.fromisoformat(item["dueDate"]) if item["dueDate"] else None,
            amount_due=Decimal(item["amountDue"]),
            days_overdue=item["daysOverdue"],
        )


@dataclass
class Client:
    """The API as one user sees it; ``wait`` sleeps for a number of seconds."""

    address: str
    token: str = field(repr=False)
    wait: Callable[[float], None] = time.sleep
    _known: dict[str, tuple[str, Answer]] = field(default_factory=dict, repr=False)

    def get(self, path: str, **parameters: object) -> Answer:
        """Return the answer to ``GET /api/v1{path}``; parameters are named as in the API, None is left out.

        Raises:
            ApiError: if the portal refuses, or is still busy after some tries.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        url = f"{self.address.rstrip('/')}/api/v1{path}?{urlencode(given, doseq=True)}"
        for attempt in range(1, _TRIES + 1):
            try:
                return self._ask(url)
            except HTTPError as error:
                if error.code == 304:
                    return self._known[url][1]  # nothing has changed
                if error.code not in (429, 503) or attempt == _TRIES:
                    raise _refusal(error) from None
                self.wait(float(error.headers.get("Retry-After", 2**attempt)))
        raise AssertionError("unreachable")

    def rows(self, path: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page. A build published meanwhile starts no mix: it is refused."""
        page, pages, build = 1, 1, None
        while page <= pages:
            answer = self.get(path, **parameters, page=page)
            if build not in (None, answer.meta["buildId"]):
                raise ApiError(409, "new_build", "newer figures were published meanwhile: start again", {})
            yield from answer.data
            build, pages = answer.meta["buildId"], (answer.pagination or {"totalPages": 1})["totalPages"]
            page += 1

    def open_invoices(self, **filters: object) -> Iterator[OpenInvoice]:
        """Yield the open invoices that ``filters`` select, those overdue longest first."""
        return map(OpenInvoice.read, self.rows("/reports/outstanding", **filters))

    def _ask(self, url: str) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if url in self._known:
            headers["If-None-Match"] = self._known[url][0]
        with urlopen(Request(url, headers=headers), timeout=_SECONDS) as response:  # noqa: S310  https, or your own machine
            body = json.load(response)
            answer = Answer(body["data"], body["meta"], body.get("pagination"))
            if tag := response.headers["ETag"]:
                self._known[url] = (tag, answer)
            return answer


def _refusal(error: HTTPError) -> ApiError:
    try:
        said = json.load(error)["error"]
    except (ValueError, KeyError):  # a proxy's page, not the portal's envelope
        said = {"code": "unknown", "message": error.reason, "fields": {}}
    return ApiError(error.code, said["code"], said["message"], said["fields"])


def main() -> None:
    """Print what is overdue for more than 90 days."""
    client = Client(sys.argv[1], os.environ["DAYBOOK_TOKEN"])
    total = Decimal(0)
    for invoice in client.open_invoices(minDays=91):
        print(f"{invoice.invoice_id:20} {invoice.days_overdue:5} days {invoice.amount_due:>14}")
        total += invoice.amount_due
    print(f"{'Total':20} {'':10} {total:>14}")


if __name__ == "__main__":
    main()
