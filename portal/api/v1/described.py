"""Filters in words, for files and pages: what limits the figures stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.api.v1.asked import Reach
from portal.api.v1.schema import Query
from portal.queries.scope import UNATTRIBUTED, Dimension, choices

_LABELS = {
    "hospital_id": "Hospitals", "start_date": "From", "end_date": "To", "as_of_date": "As of", "known_at": "Known at",
    "granularity": "By", "basis": "Basis", "compare": "Compared with", "department_id": "Department",
    "provider_id": "Doctor", "payer_id": "Payer", "status": "Status", "payer_class": "Who owes",
    "min_amount": "Amount from", "max_amount": "Amount to", "min_days": "Days overdue from",
    "max_days": "Days overdue to", "patient_id": "Patient", "bucket": "Age", "allocation": "Payments are laid on",
    "split": "Split by", "group_by": "By", "category": "Category",
    "measure": "Forecast of", "horizon": "Months ahead", "model": "Model", "scenario": "Scenario",
    "volume": "Case volume, %", "unit_value": "Unit value, %", "payer_mix": "Payer mix, %",
    "difference": "Difference", "batch_id": "Batch", "method": "Method", "contact": "Next contact", "promise": "Promise to pay",
    "ticket_number": "Ticket", "cpt_code": "Procedure",
}  # fmt: skip
_WORDS = {
    "previous": "the period before", "year": "the same days a year before", "linked": "the invoice they were paid for",
    "oldest": "the patient's oldest debt first", "not_due": "not due", "unattributed": "unattributed",
}  # fmt: skip
_DIMENSIONS: dict[str, Dimension] = {"department_id": "department", "provider_id": "provider", "payer_id": "payer"}


def described(
    query: Query, here: Reach, shown: Sequence[tuple[str, Any]] = (), ignored: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Return label and value of every filter that was set, after ``shown`` (what was settled for those that were not).

    Fields in ``ignored`` have no say in the report.
    """
    given = {name: getattr(query, name) for name in _LABELS if name in query.model_fields_set and name not in ignored}
    found = [(label, _text(value)) for label, value in shown]
    settled = {label for label, _ in shown}
    for name, value in given.items():
        if value not in (None, [], "") and _LABELS[name] not in settled:
            found.append((_LABELS[name], _named(name, value, here)))
    return found


def _named(name: str, value: Any, here: Reach) -> str:
    if name == "hospital_id":
        return ", ".join(hospital.name for hospital in here.hospitals)
    if name in _DIMENSIONS and value != UNATTRIBUTED:
        names = sorted({item.name for item in choices(here.marts, _DIMENSIONS[name]) if item.id == value})
        return f"{' / '.join(names)} ({value})"
    return _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else _WORDS.get(str(value), str(value))
