"""What pages call the filters of their addresses, for messages that stand apart from the fields."""

from __future__ import annotations

_LABELS = {
    "action": "Action",
    "asOfDate": "As of",
    "basis": "Basis",
    "bucket": "Age",
    "category": "Category",
    "compare": "Compare with",
    "contact": "Next contact",
    "currency": "Currency",
    "departmentId": "Department",
    "endDate": "To",
    "granularity": "By",
    "groupBy": "By",
    "horizon": "Months ahead",
    "knownAt": "Known at",
    "limit": "Rows per page",
    "maxAmount": "Amount to",
    "maxDays": "Days overdue to",
    "minAmount": "Amount from",
    "minDays": "Days overdue from",
    "model": "Model",
    "month": "Month",
    "outcome": "Outcome",
    "page": "Page",
    "patientId": "Patient",
    "payerClass": "Who owes",
    "payerId": "Payer",
    "promise": "Promise to pay",
    "reason": "Reason",
    "resource": "Resource",
    "run": "Run",
    "scenario": "Scenario",
    "sort": "Order",
    "startDate": "From",
    "status": "Status",
    "table": "Table",
}


def label(name: str) -> str:
    """Return the label of the field that sets the filter ``name``; the name itself where no field does."""
    return _LABELS.get(name, name)
