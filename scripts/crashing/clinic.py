"""A small clinic that bills and collects something new before every run, so that the right result is known in advance."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

DAY = "2025-07-01"
_TABLES: dict[str, list[dict[str, str]]] = {
    "hospitals": [
        {"hospital_id": "H1", "name": "North", "timezone": "America/New_York", "currency": "USD"},
        {"hospital_id": "H2", "name": "South", "timezone": "UTC", "currency": "USD"},
    ],
    "patients": [
        {"patient_id": "P1", "hospital_id": "H1", "first_name": "Ada", "last_name": "Byron", "ssn": "123-45-6789"}
    ],
    "invoices": [],
    "payments": [],
}


@dataclass
class Clinic:
    """What stands in the source, and what the marts must say once a run has published it."""

    folder: Path
    rng: Random
    tables: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {k: list(v) for k, v in _TABLES.items()})

    def grow(self) -> None:
        """Bill one more invoice, and collect part of it."""
        number = len(self.tables["invoices"]) + 1
        total = Decimal(self.rng.randrange(100, 100_000)) / 100
        day = f"2025-{self.rng.randrange(1, 7):02d}-{self.rng.randrange(1, 29):02d}"
        hospital = self.rng.choice(("H1", "H2"))
        self.tables["invoices"].append({
            "invoice_id": f"I{number}", "hospital_id": hospital, "patient_id": "P1", "invoice_date": day, "due_date": "",
            "total": str(total), "status": "sent",
        })  # fmt: skip
        self.tables["payments"].append({
            "payment_id": f"Y{number}", "hospital_id": hospital, "invoice_id": f"I{number}", "payment_date": "2025-06-30",
            "amount": str((total * self.rng.randrange(1, 100) / 100).quantize(Decimal("0.01"))), "status": "paid",
        })  # fmt: skip
        self._write()

    @property
    def figures(self) -> tuple[int, Decimal, Decimal]:
        """Number of invoices, what was collected, and what is outstanding, added up from the source."""
        billed = sum((Decimal(row["total"]) for row in self.tables["invoices"]), Decimal(0))
        paid = sum((Decimal(row["amount"]) for row in self.tables["payments"]), Decimal(0))
        return len(self.tables["invoices"]), paid, billed - paid

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, fieldnames=list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
