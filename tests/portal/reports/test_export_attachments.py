"""What leaves the house by mail: files of many, never those of single patients, whichever of their fields were chosen."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.api.v1.asked import reach
from portal.api.v1.fields import offered
from portal.api.v1.orders import THINGS, Order
from portal.exports.document import Column
from portal.exports.writing import has_patients
from portal.security.acting import acting_as
from warehouse.engine import connect

OF_MANY = {
    "revenue", "revenue-department", "revenue-doctor", "revenue-payer", "collection-rate", "tax-summary", "cash-receipts",
    "roll-forward", "kpis", "compensation", "forecast", "tax-prep", "monthly-summary",
}  # fmt: skip
FILTERS = {"currency": ["USD"], "startDate": ["2026-01-01"], "endDate": ["2026-02-28"]}


@pytest.mark.usefixtures("client")  # its database
@pytest.mark.parametrize("name", THINGS)
def test_every_field_alone_is_as_private_as_the_whole(reports_app: Flask, name: str) -> None:
    with connect("owner") as owner:
        ((user,),) = owner.execute("select id from portal.users where email = 'super_admin@clinic.org'").fetchall()
    filters = {key: value for key, value in FILTERS.items() if key in THINGS[name].filters}
    filters |= {"patientId": ["P01"]} if name == "patient-history" else {}
    with reports_app.app_context(), acting_as(user, filters | {"hospitalId": ["H1"]}):
        whole = Order(name, "csv", filters).document(reach())
        fields = [column.name for column in offered(whole)]
        alone = {field: has_patients(Order(name, "csv", filters, [field]).document(reach())) for field in fields}
    assert fields
    assert {has_patients(whole), *alone.values()} == {name not in OF_MANY}, alone


def test_a_column_of_words_is_private_until_somebody_looked_at_it() -> None:
    made = {kind: Column("remark", "Remark", kind, str).leads_to_a_patient for kind in ("text", "date", "money")}
    assert made == {"text": True, "date": False, "money": False}
