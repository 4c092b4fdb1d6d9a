"""Filters that may be kept and recorded: ids, dates, amounts and choices. What a person typed into a search never is one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from warehouse.code_words import words_of

# Filters that hold ids, dates, amounts and choices. Everything else (a search text above all) is left out.
FILTERS = frozenset(
    {"startDate", "endDate", "asOfDate", "knownAt", "granularity", "basis", "departmentId", "providerId", "payerId"}
    | {"payerClass", "compare", "status", "minAmount", "maxAmount", "minDays", "maxDays", "sort", "page", "limit"}
    | {"hospitalId", "hospital", "currency", "format", "reportType", "split", "groupBy", "allocation", "category"}
    | {"start", "end", "as_of", "department", "provider", "payer", "payer_class", "min_amount", "max_amount"}
    | {"min_days", "max_days", "patientId", "bucket", "invoiceId", "method", "batchId", "difference", "minDaysOverdue"}
    | {"action", "resource", "resourceId", "outcome", "measure", "month", "against", "chart", "part", "tab", "show"}
    | {"kind", "closedFigure", "closeId", "billedMonth", "monthsSince", "rate", "windowDays"}
    | {"horizon", "model", "fields", "entity", "template", "scenario", "volume", "unitValue", "payerMix", "ahead"}
    | {"sourceName", "contact", "promise", "ticketNumber", "cptCode"}
)
# An id has a digit: a word in its place may be a name that somebody typed into the address.
_IDS = frozenset({"patient_id", "invoice_id", "patientId", "invoiceId", "resourceId", "template", "ticketNumber"})
# What may stand in these is known beforehand, whatever became of the request.
_KNOWN = {
    "method": words_of("method"),
    "measure": frozenset({"billed", "cases", "collected", "compensation", "paid"}).__contains__,
}
# What is recorded of a request that was refused: numbers, days and ids, as whoever tries what is not theirs sends them.
_CODED = re.compile(r"[A-Za-z]{0,4}[-_]?\d{1,8}|\d{4}-\d{2}-\d{2}", re.ASCII)
_PLAIN = re.compile(r"[\w.:,+-]{1,64}", re.ASCII)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}", re.ASCII)
_WITHHELD = "(withheld)"


def is_plain(name: str, value: str) -> bool:
    """Return whether the filter ``name`` may be kept with this value, as the record of the access would hold it."""
    return name in FILTERS and recordable(value, name) == value


def plain(filters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return ``filters`` as they may be recorded: of the values that may not, that there was one."""
    return {name: [recordable(value, name) for value in values] for name, values in filters.items() if name in FILTERS}


def recordable(value: str, name: str, understood: bool = True) -> str:
    """Return ``value`` of the filter or part of an address ``name`` as it may be recorded: itself, or that it is withheld.

    Of a request that was not ``understood`` only numbers, dates and short ids: the rest may be anything that somebody typed.
    """
    if name in _KNOWN:
        return value if _KNOWN[name](value) else _WITHHELD
    if not understood and not _CODED.fullmatch(value):
        return _WITHHELD
    may_be_a_name = name in _IDS and not any(character.isdigit() for character in value)
    is_secret = name == "token" or bool(_SSN.fullmatch(value))
    return value if _PLAIN.fullmatch(value) and not (may_be_a_name or is_secret) else _WITHHELD
