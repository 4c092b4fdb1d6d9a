"""Amounts and rates as people and the API read them. Everything is ``Decimal``; rounding is half up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

_HUNDREDTH = Decimal("0.01")


def digits(currency: str) -> int:
    """Return how many decimals amounts in ``currency`` (an ISO 4217 code) have: JPY 0, USD 2, KWD 3."""
    return min(get_currency_precision(currency), 3)  # the warehouse keeps three


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return ``amount`` with the currency's decimals, halves away from zero; never a negative zero."""
    unit = Decimal(1).scaleb(-digits(currency))
    return amount.quantize(unit, rounding=ROUND_HALF_UP) + Decimal(0)


def plain(amount: Decimal, currency: str) -> str:
    """Return ``amount`` as the API and files write it: ``1234.50``."""
    return f"{rounded(amount, currency):f}"


def readable(amount: Decimal, currency: str) -> str:
    """Return ``amount`` as pages print it: ``1,234.50``, with a true minus sign before negatives."""
    return f"{rounded(amount, currency):,f}".replace("-", "\u2212")


@dataclass(frozen=True)
class Money:
    """An amount of a currency; files print it as ``readable`` does, pages with the currency's sign."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return readable(self.amount, self.currency)


def unrounded(amount: Decimal, currency: str) -> Decimal:
    """Return ``amount`` with the currency's decimals, or with the three of the warehouse where those would change it."""
    short = rounded(amount, currency)
    return short if short == amount else amount.quantize(Decimal("0.001"))


def percent(part: Decimal, whole: Decimal) -> str:
    """Return ``part`` of ``whole`` as 0–100 with two decimals; ``0.00`` when ``whole`` is 0."""
    return hundredths(part * 100 / whole if whole else Decimal(0))


def exact(figure: Decimal) -> str:
    """Return a quantity or a factor with every decimal that it has and no more: ``4.1``, ``12``, ``30.3333``."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def hundredths(figure: Decimal) -> str:
    """Return a rate or another figure that is no amount with two decimals."""
    return f"{figure.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP) + Decimal(0):f}"
