"""One desk: an accountant who asks, and administrators who decide, for invoices that no other desk touches.

So the desk knows after each step what must be open, whatever the runs beside it are doing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from scripts.soaking.books import Books
from scripts.soaking.caller import Caller

_PATH = "/financial-reports/write-offs"
_CATEGORIES = ("BAD_DEBT", "CHARITY_CARE", "UNCOLLECTIBLE", "OTHER")


@dataclass
class Desk:
    """Who works here, on which invoices, and the books that all desks share."""

    accountant: Caller
    admins: Sequence[Caller]
    invoices: Sequence[str]
    books: Books
    rng: Random

    def work(self, until: threading.Event) -> None:
        """Ask and decide until told to stop; anything unexpected is a fault, and the next step follows."""
        while not until.is_set():
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 - a fault that is told, and work goes on
                self.books.fault(f"{type(error).__name__}: {error}")

    def _step(self) -> None:
        invoice = self.rng.choice(self.invoices)
        balance = self.books.balance(invoice)
        if balance < 1:
            self._take_something_back(invoice)
            return
        amount = Decimal(self.rng.randrange(1, int(min(balance, Decimal(50)) * 100))) / 100
        number = self._ask(invoice, amount, balance)
        act = self.rng.choice((self._approve, self._approve_twice_at_once, self._reject, self._cancel, self._approve))
        act(number, invoice, amount)
        self._look(number, invoice)

    def _ask(self, invoice: str, amount: Decimal, balance: Decimal) -> int:
        body = {"invoiceId": invoice, "amount": str(amount), "reason": "soak", "category": self.rng.choice(_CATEGORIES)}
        if self.rng.random() < 0.1:
            self._expect(400, self.accountant, "POST", "", body | {"amount": str(balance + Decimal("0.01"))})
        key = {"Idempotency-Key": f"{self.rng.getrandbits(64):x}"}
        made = self._expect(201, self.accountant, "POST", "", body, **key)
        if self.rng.random() < 0.1:
            again = self._expect(201, self.accountant, "POST", "", body, **key)
            if again["id"] != made["id"]:
                self.books.fault(f"one key made {made['id']} and {again['id']}")
        return int(made["id"])

    def _approve(self, number: int, invoice: str, amount: Decimal) -> None:
        self._expect(403, self.accountant, "PATCH", f"/{number}/approve", {})
        self._expect(200, self.rng.choice(self.admins), "PATCH", f"/{number}/approve", {})
        self.books.write_off(invoice, amount)
        self.books.count("approved")

    def _approve_twice_at_once(self, number: int, invoice: str, amount: Decimal) -> None:
        statuses: list[int] = []
        start = threading.Barrier(len(self.admins))

        def approve(admin: Caller) -> None:
            start.wait()
            statuses.append(admin.call("PATCH", f"{_PATH}/{number}/approve", {})[0])

        threads = [threading.Thread(target=approve, args=[admin]) for admin in self.admins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if sorted(statuses) != [200, *[409] * (len(self.admins) - 1)]:
            self.books.fault(f"write-off {number}: those who approved at once were answered {sorted(statuses)}")
        self.books.write_off(invoice, amount)
        self.books.count("approved at once")

    def _reject(self, number: int, *_: Any) -> None:
        self._expect(200, self.rng.choice(self.admins), "PATCH", f"/{number}/reject", {})
        self.books.count("rejected")

    def _cancel(self, number: int, *_: Any) -> None:
        self._expect(200, self.accountant, "PATCH", f"/{number}/cancel", {})
        self._expect(409, self.rng.choice(self.admins), "PATCH", f"/{number}/approve", {})
        self.books.count("cancelled")

    def _take_something_back(self, invoice: str) -> None:
        approved = [
            row
            for row in self.accountant.every(f"{_PATH}?invoiceId={invoice}&status=APPROVED")
            if row["kind"] == "write_off"
        ]
        if not approved:
            return
        row = self.rng.choice(approved)
        asked = self._expect(200, self.accountant, "PATCH", f"/{row['id']}/reverse", {"notes": "soak"})
        self._expect(200, self.rng.choice(self.admins), "PATCH", f"/{asked['reversalId']}/approve", {})
        self.books.write_off(invoice, -Decimal(row["amount"]))
        self.books.count("taken back")
        self._look(row["id"], invoice)

    def _look(self, number: int, invoice: str) -> None:
        shown = self._expect(200, self.accountant, "GET", f"/{number}")["invoice"]["balance"]
        self.books.count("looked at")
        if Decimal(shown) != self.books.balance(invoice):
            self.books.fault(f"invoice {invoice} shows {shown} open, right is {self.books.balance(invoice)}")

    def _expect(self, status: int, who: Caller, method: str, path: str, body: Any = None, **headers: str) -> Any:
        got, answer = who.call(method, _PATH + path, body, **headers)
        if got != status:
            raise AssertionError(f"{method} {path} answered {got}, expected {status}: {answer}")
        return answer.get("data") if got < 400 else None
