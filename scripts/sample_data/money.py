"""Amounts as whole cents, and how they are written."""

from __future__ import annotations


def text(cents: int) -> str:
    """Write whole cents as a decimal amount: ``12345`` becomes ``123.45``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def share(cents: int, basis_points: int) -> int:
    """Return ``basis_points`` hundredths of a percent of a non-negative amount, rounded half up."""
    return (cents * basis_points + 5_000) // 10_000
