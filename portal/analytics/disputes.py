"""Disputes with the billing company: their steps, what came since one was sent, and what they add up to. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

Finding = Literal["missing", "discrepancy", "unpaid", "denied"]
State = Literal["sent", "answered", "recovered", "withdrawn"]
Outcome = Literal["agreed", "partly", "refused", "asks"]
OPEN: tuple[State, ...] = ("sent", "answered")
FINDINGS: dict[Finding, str] = {
    "missing": "not billed", "discrepancy": "billed otherwise", "unpaid": "billed and not paid", "denied": "claim denied",
}  # fmt: skip
OUTCOMES: dict[Outcome, str] = {
    "agreed": "They agree", "partly": "They agree in part", "refused": "They refuse", "asks": "They ask something",
}  # fmt: skip
NEXT: dict[State, tuple[State, ...]] = {
    "sent": ("answered", "recovered", "withdrawn"),
    "answered": ("answered", "recovered", "withdrawn"),
    "recovered": ("recovered",),
    "withdrawn": (),
}
"""Which steps may follow; money that comes in parts is recovered in several."""


@dataclass(frozen=True)
class Figures:
    """What was billed and paid for a case, at some time."""

    billed: Decimal
    paid: Decimal


@dataclass(frozen=True)
class Proposal:
    """What came since the dispute was sent, and is not noted as recovered yet; ``is_paid`` False: it is only billed so far."""

    amount: Decimal
    is_paid: bool


class Disputed(Protocol):
    """What is added up."""

    @property
    def state(self) -> State:
        """Where it stands."""

    @property
    def claimed(self) -> Decimal | None:
        """What is asked for; None where nobody can say."""

    @property
    def recovered(self) -> Decimal:
        """What came."""


@dataclass(frozen=True)
class Sums:
    """What disputes add up to; withdrawn ones are left out. Amounts are in the currency of the disputes."""

    sent: int
    sent_amount: Decimal
    unpriced: int
    recovered: int
    recovered_amount: Decimal
    open: int
    open_amount: Decimal


def proposed(before: Figures, now: Figures | None, recovered: Decimal) -> Proposal | None:
    """Return what is to be confirmed as recovered; None where nothing came.

    Args:
        before: when the dispute was sent.
        now: in the live build; None where the case is gone.
        recovered: what was noted already.
    """
    if now is None:
        return None
    if (paid := now.paid - before.paid - recovered) > 0:
        return Proposal(paid, is_paid=True)
    # What is billed since is money to come; once something was paid, only payments say more.
    if now.paid <= before.paid and (billed := now.billed - before.billed - recovered) > 0:
        return Proposal(billed, is_paid=False)
    return None


def add_up(disputes: Iterable[Disputed]) -> Sums:
    """Return the sums of disputes of one currency."""
    standing = [one for one in disputes if one.state != "withdrawn"]
    waiting = [one for one in standing if one.state in OPEN]
    came = [one for one in standing if one.recovered]
    return Sums(
        sent=len(standing),
        sent_amount=sum((one.claimed or Decimal(0) for one in standing), Decimal(0)),
        unpriced=sum(1 for one in standing if one.claimed is None),
        recovered=len(came),
        recovered_amount=sum((one.recovered for one in came), Decimal(0)),
        open=len(waiting),
        open_amount=sum((max((one.claimed or Decimal(0)) - one.recovered, Decimal(0)) for one in waiting), Decimal(0)),
    )
