"""What a write-off may be: categories, digits, and the limits of small balances and of approvers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from portal.formatting import money, rounded
from portal.permissions import ROLE_PERMISSIONS

Category = Literal[
    "BAD_DEBT", "CHARITY_CARE", "CONTRACTUAL_ADJUSTMENT", "ADMINISTRATIVE_ERROR", "UNCOLLECTIBLE", "DECEASED_PATIENT",
    "SMALL_BALANCE", "OTHER",
]  # fmt: skip
CATEGORIES: tuple[Category, ...] = get_args(Category)
LONGEST = 2000
EVERYWHERE = "*"
"""The hospital of a limit that has none of its own."""


class WriteOffError(Exception):
    """A request cannot be made as it is; ``fields`` names what is wrong with each part of it. Answered with 400."""

    def __init__(self, **fields: str) -> None:
        """Say what is wrong, by the name of the field."""
        self.fields = fields
        super().__init__(" ".join(fields.values()))


@dataclass(frozen=True)
class Wanted:
    """What is asked for: ``amount`` in the invoice's currency."""

    amount: Decimal
    category: str
    reason: str
    notes: str | None = None


def check(wanted: Wanted, currency: str, limit: Decimal) -> None:
    """Check a request by itself; ``limit`` is the most that a small balance may be.

    Raises:
        WriteOffError: naming every field that is wrong.
    """
    wrong: dict[str, str] = {}
    if wanted.amount <= 0:
        wrong["amount"] = "The amount must be above 0."
    elif rounded(wanted.amount, currency) != wanted.amount:
        wrong["amount"] = f"The amount has more digits than {currency} has."
    elif wanted.category == "SMALL_BALANCE" and wanted.amount > limit:
        wrong["amount"] = f"A small balance is at most {money(limit, currency)} at this hospital."
    if wanted.category not in CATEGORIES:
        wrong["category"] = f"The category must be one of {', '.join(CATEGORIES)}."
    if not wanted.reason.strip() or len(wanted.reason) > LONGEST:
        wrong["reason"] = f"Say why, in at most {LONGEST} letters."
    if wanted.notes and len(wanted.notes) > LONGEST:
        wrong["notes"] = f"Notes have at most {LONGEST} letters."
    if wrong:
        raise WriteOffError(**wrong)


def small_balance_limit(limits: Mapping[str, Decimal], hospital_id: str) -> Decimal:
    """Return the most that SMALL_BALANCE may be at a hospital: its own limit, else that of ``*``."""
    return limits.get(hospital_id, limits[EVERYWHERE])


def approver_limit(limits: Mapping[str, Decimal], roles: Iterable[str]) -> Decimal | None:
    """Return the most that these roles may approve: the highest of their limits, None if one that approves has none."""
    approving = [role for role in roles if "financial-reports:approve" in ROLE_PERMISSIONS.get(role, ())]
    found = [limits[role] for role in approving if role in limits]
    return max(found) if found and len(found) == len(approving) else None
