"""Filters that may be kept and recorded: ids, dates, amounts and choices. What a person typed into a search never is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.security.trail import _FILTERS, _plain


def is_plain(name: str, value: str) -> bool:
    """Return whether the filter ``name`` may be kept with this value, as the record of the access would hold it."""
    return name in _FILTERS and _plain(value, name) == value


def plain(filters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return ``filters`` as they may be recorded: of the values that may not, that there was one."""
    return {name: [_plain(value, name) for value in values] for name, values in filters.items() if name in _FILTERS}
