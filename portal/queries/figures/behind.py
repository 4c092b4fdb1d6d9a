"""Where a shown number leads: the figure that it is, and the filters that it was shown under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CASES = "cases"
"""No figure of the ledger: the cases of a practice, which have a page of their own for whom they are of."""


@dataclass(frozen=True)
class Behind:
    """A figure by its name in ``portal.queries.figures.registry``, or ``CASES``, with its filters as addresses call them."""

    figure: str
    filters: Mapping[str, Any] = field(default_factory=dict)
