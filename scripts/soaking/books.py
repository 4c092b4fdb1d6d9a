"""What every invoice should come to, reckoned from the source and from the decisions that were made, without the warehouse."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Books:
    """Open balances by invoice, and how often what was done. May be used by many threads."""

    written_off: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _billed: dict[str, Decimal] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, invoices: Iterable[Mapping[str, str]], payments: Iterable[Mapping[str, str]]) -> None:
        """Take over the rows of the source."""
        billed = {row["invoice_id"]: Decimal(row["total"]) for row in invoices}
        for row in payments:
            billed[row["invoice_id"]] -= Decimal(row["amount"])
        with self._lock:
            self._billed = billed

    def write_off(self, invoice: str, amount: Decimal) -> None:
        """Enter an approved write-off; a negative one was taken back."""
        with self._lock:
            self.written_off[invoice] += amount

    def count(self, what: str) -> None:
        """Count something that was done."""
        with self._lock:
            self.done[what] += 1

    def fault(self, what: str) -> None:
        """Enter what should not be."""
        with self._lock:
            self.faults.append(what)

    def balance(self, invoice: str) -> Decimal:
        """Return what should be open of an invoice."""
        with self._lock:
            return self._billed[invoice] - self.written_off.get(invoice, Decimal(0))

    @property
    def balances(self) -> dict[str, Decimal]:
        """What should be open of every invoice; nothing stands for 0."""
        with self._lock:
            open_now = {name: billed - self.written_off.get(name, Decimal(0)) for name, billed in self._billed.items()}
        return {name: balance for name, balance in open_now.items() if balance}

    @property
    def total_written_off(self) -> Decimal:
        """What should be written off altogether."""
        with self._lock:
            return sum(self.written_off.values(), Decimal(0))
