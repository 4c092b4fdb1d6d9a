"""Words where codes belong do not land: the row and its money do, and the column is counted. Ids like a person's are refused."""

from __future__ import annotations

from decimal import Decimal

from pipeline.quality.judge import halting, judge
from pipeline.quality.landed import landed_gates
from pipeline.settings import thresholds
from tests.integration.landing.world import MemorySource, Row, Warehouse, base, invoice, payment


def test_words_are_counted_and_their_rows_and_money_land(warehouse: Warehouse) -> None:
    payments = [
        payment("Y1", method="card"),
        payment("Y2", method="Ann Planted"),
        payment("Y3", method="planted@x.org", amount="abc"),
    ]
    counts = warehouse.publish(MemorySource(base(payments=payments)))
    assert counts["payments"].withheld == {"method": 1}  # the third is a reject, and counted there
    assert counts["payments"].amount_landed == counts["payments"].amount_read
    assert warehouse.all("select record_key, method from raw.payments order by 1") == [("Y1", "card"), ("Y2", "other")]
    refused = warehouse.one("select row_data::text from quarantine.payments")
    assert "lanted" not in refused[0] and "aaaaaaa@a.aaa" in refused[0]
    (gate,) = [
        one for one in judge(landed_gates(thresholds()), warehouse.run.run_id) if one.gate.name == "withheld_words"
    ]
    assert gate.failing == (
        {"source_name": "main", "table_name": "payments", "column_name": "method", "withheld": "1"},
    )
    assert not halting([gate])


def test_the_same_words_again_change_nothing(warehouse: Warehouse) -> None:
    source = MemorySource(base(payments=[payment("Y1", method="Ann Planted")]))
    warehouse.publish(source)
    again = warehouse.publish(source)["payments"]
    assert (again.changed, again.withheld) == (False, {"method": 1})


def test_ids_that_are_numbers_or_mails_of_people_are_refused_and_kept_nowhere(warehouse: Warehouse) -> None:
    rows = [
        invoice("I1"),
        invoice("I2", patient_id="078-05-1120"),
        invoice("planted@example.org"),
        invoice("A-078-05-1120"),
    ]
    count = warehouse.publish(MemorySource(base(invoices=rows, payments=[])))["invoices"]
    assert (count.rows_landed, count.rows_quarantined) == (2, 2)
    assert count.amount_quarantined == Decimal(200)
    kept = warehouse.all("select record_key, reasons, row_data::text from quarantine.invoices order by line")
    assert [(key, reasons) for key, reasons, _ in kept] == [
        ("I2", ["looks_like_identity"]),
        (None, ["looks_like_identity"]),
    ]
    assert not [text for *_, text in kept if "1120" in text or "planted" in text]


def test_a_key_of_words_is_refused(warehouse: Warehouse) -> None:
    units: list[Row] = [{"cpt_code": "00100", "base_units": "5"}, {"cpt_code": "Ann Planted", "base_units": "5"}]
    count = warehouse.publish(MemorySource(base(procedure_units=units)))["procedure_units"]
    assert (count.rows_landed, count.rows_quarantined) == (1, 1)
    assert warehouse.one("select record_key, reasons, row_data::text from quarantine.procedure_units") == (
        None, ["not_a_code"], '{"cpt_code": "aaa aaaaaaa", "base_units": "5"}',
    )  # fmt: skip
