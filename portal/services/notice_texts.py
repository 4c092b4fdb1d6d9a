"""The words of mails about write-offs: subject and body, as pure functions.

They name the request, its hospital, amount and category, and who asked or decided: nothing of the patient, not even the
invoice. What people typed stays out: names hide in free text. A mail says that there are notes, the page shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.formatting import money, number

_DONE = {"APPROVED": "approved", "REJECTED": "rejected", "CANCELLED": "cancelled"}


@dataclass(frozen=True)
class Facts:
    """A request as mails tell of it. ``asker`` and ``decider`` are e-mail addresses, ``hospital`` is a name."""

    id: int
    batch_id: int | None
    kind: str
    reverses_id: int | None
    hospital_id: str
    hospital: str
    currency: str
    amount: Decimal
    category: str
    status: str
    requested_by: int
    asker: str
    is_asker_active: bool
    decided_by: int | None
    decider: str | None
    decision_notes: str | None


def request(facts: Facts) -> tuple[str, str]:
    """Return subject and body for those who decide a request."""
    what = "for a write-off" if facts.kind == "write_off" else f"for write-off {facts.reverses_id} to be taken back"
    subject = f"{_name(facts)} waits for a decision: {_place([facts])}"
    return subject, f"{facts.asker} asks {what}.\n\n{_table([facts])}"


def batch_request(batch: Sequence[Facts]) -> tuple[str, str]:
    """Return subject and body for those who decide the requests of a batch."""
    subject = f"{_many(batch)} to decide: {_place(batch)}"
    return subject, f"{batch[0].asker} asks for write-offs that can be decided together.\n\n{_table(batch)}"


def decision(facts: Facts) -> tuple[str, str]:
    """Return subject and body for who asked, after somebody else decided."""
    done = _DONE[facts.status]
    subject = f"{_name(facts)} was {done}: {_place([facts])}"
    return subject, f"{facts.decider} {done} what you asked for.\n\n{_table([facts])}{_notes(facts)}"


def batch_decision(approved: Sequence[Facts], pending: int) -> tuple[str, str]:
    """Return subject and body for who asked for a batch: what of it was approved at once, and how many still wait."""
    first = approved[0]
    subject = f"{_many(approved)} approved: {_place(approved)}"
    left = f"\nNot approved, and pending still: {number(pending)} of the batch.\n" if pending else ""
    return subject, f"{first.decider} approved what you asked for.\n\n{_table(approved)}{left}{_notes(first)}"


def _name(facts: Facts) -> str:
    if facts.kind == "reversal":
        return f"Taking back write-off {facts.reverses_id} (request {facts.id})"
    return f"Write-off {facts.id}"


def _many(of: Sequence[Facts]) -> str:
    return f"{number(len(of))} write-off{'' if len(of) == 1 else 's'}"


def _place(of: Sequence[Facts]) -> str:
    return f"{_total(of)}, {_line(of[0].hospital)}"


def _table(of: Sequence[Facts]) -> str:
    first = of[0]
    rows = {"Hospital": f"{_line(first.hospital)} ({first.hospital_id})", "Amount": _total(of)}
    if first.batch_id is None:
        rows = {"Number": str(first.id), **rows}
    else:
        rows = {"Batch": str(first.batch_id), "Requests": number(len(of)), **rows}
        rows["Largest"] = money(max(one.amount for one in of), first.currency)
    rows["Category"] = first.category.lower().replace("_", " ")
    return "".join(f"{name + ':':<10}{value}\n" for name, value in rows.items())


def _total(of: Sequence[Facts]) -> str:
    total = sum((one.amount for one in of), Decimal(0))
    return f"{money(total, of[0].currency)} ({of[0].currency})"


def _notes(facts: Facts) -> str:
    return "\nThere are notes: the page shows them.\n" if facts.decision_notes else ""


def _line(text: str) -> str:
    # A hospital's name comes from the billing system; a subject is one line.
    return " ".join(text.split())
