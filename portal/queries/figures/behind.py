"""Where a shown number leads: the figure that it is, and the filters that it was shown under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Behind:
    """A figure by its name in ``portal.queries.figures.registry``, with its filters as addresses call them."""

    figure: str
    filters: Mapping[str, Any] = field(default_factory=dict)
