"""Rules that need other rows: duplicates, references, hospitals, refunds; and what quarantine keeps of a row."""

from decimal import Decimal

import pytest

from pipeline.sources.base import UnreadableRow
from tests.integration.landing.world import MemorySource, Row, Warehouse, base, invoice, payment

_LATE = "2025-06-02T10:00:00Z"


def test_identical_copies_are_counted_duplicates(warehouse: Warehouse) -> None:
    count = warehouse.publish(MemorySource(base(invoices=[invoice("I1"), invoice("I2"), invoice("I1")])))["invoices"]
    assert (count.rows_read, count.rows_landed, count.rows_duplicate, count.rows_quarantined) == (3, 2, 1, 0)
    assert (count.amount_read, count.amount_duplicate) == (Decimal("300.000"), Decimal("100.000"))


def test_of_differing_copies_the_latest_updated_at_wins(warehouse: Warehouse) -> None:
    copies = [
        invoice("I1", total="5.00", updated_at=_LATE),
        invoice("I1", total="1.00", updated_at="2025-06-01"),
        invoice("I1", total="9.00"),
    ]
    count = warehouse.publish(MemorySource(base(invoices=copies)))["invoices"]
    assert (count.rows_landed, count.rows_duplicate, count.amount_duplicate) == (1, 2, Decimal("10.000"))
    assert warehouse.all("select total from raw.invoices") == [(Decimal("5.000"),)]


@pytest.mark.parametrize("updated_at", [None, _LATE])
def test_differing_copies_without_a_latest_one_are_all_rejected(warehouse: Warehouse, updated_at: str | None) -> None:
    copies = [invoice("I1", total=total, updated_at=updated_at) for total in ("5.00", "1.00")]
    count = warehouse.publish(MemorySource(base(invoices=[*copies, invoice("I2")])))["invoices"]
    assert (count.rows_landed, count.rows_quarantined, count.amount_quarantined) == (1, 2, Decimal("6.000"))
    expected = {"conflicting_duplicate"}, {"invoice_id"}
    assert warehouse.rejects("invoices") == [(2, *expected), (3, *expected)]


def test_a_refund_of_an_unknown_payment_is_rejected_and_a_payment_of_an_unknown_invoice_is_not(
    warehouse: Warehouse,
) -> None:
    refunds: list[Row] = [
        {"refund_id": "R1", "payment_id": "Y1", "amount": "5", "refund_date": "2025-06-20"},
        {"refund_id": "R2", "payment_id": "nope", "hospital_id": "H1", "amount": "6", "refund_date": "2025-06-20"},
    ]
    payments = [payment("Y1"), payment("Y2", hospital_id="H1", invoice_id="unknown")]
    counts = warehouse.publish(MemorySource(base(payments=payments, refunds=refunds)))
    assert counts["payments"].rows_landed == 2
    assert warehouse.rejects("refunds") == [(3, {"unknown_reference"}, {"payment_id"})]
    assert counts["refunds"].amount_quarantined == Decimal("6.000")


def test_a_reference_to_a_row_rejected_now_but_good_before_holds(warehouse: Warehouse) -> None:
    refund: Row = {"refund_id": "R1", "payment_id": "Y1", "amount": "5", "refund_date": "2025-06-20"}
    warehouse.publish(MemorySource(base(refunds=[refund])))
    counts = warehouse.publish(MemorySource(base(payments=[payment("Y1", amount="abc")], refunds=[refund])))
    assert counts["payments"].rows_stale == 1
    assert counts["refunds"].rows_quarantined == 0
    counts = warehouse.publish(MemorySource(base(payments=[], refunds=[refund])))
    assert counts["payments"].rows_deleted == 1
    assert warehouse.rejects("refunds") == [(2, {"unknown_reference"}, {"payment_id"})]


def test_a_hospital_that_nobody_delivered_is_an_unknown_reference(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(invoices=[invoice("I1", hospital_id="H9"), invoice("I2")])))
    assert warehouse.rejects("invoices") == [(2, {"unknown_reference"}, {"hospital_id"})]


def test_a_payment_without_hospital_takes_its_invoices(warehouse: Warehouse) -> None:
    invoices = [
        invoice("I1", hospital_id="H2"),
        invoice("I2"),
        invoice("I2", hospital_id="H2"),
        invoice("I3", total="x"),
    ]
    payments = [payment(f"Y{key}", invoice_id=f"I{key}") for key in "1234"] + [payment("Y5", invoice_id=None)]
    warehouse.publish(MemorySource(base(invoices=invoices, payments=payments), size=2))
    assert warehouse.all("select record_key, hospital_id from raw.payments order by 1") == [("Y1", "H2"), ("Y3", "H1")]
    assert warehouse.rejects("payments") == [
        (3, {"ambiguous_hospital"}, {"hospital_id"}),
        (5, {"unknown_hospital"}, {"hospital_id"}),
        (6, {"unknown_hospital"}, {"hospital_id"}),
    ]


def test_a_payment_finds_the_hospital_of_an_invoice_that_was_deleted(warehouse: Warehouse) -> None:
    warehouse.publish(MemorySource(base(invoices=[invoice("I1", hospital_id="H2")])))
    for _ in range(2):
        counts = warehouse.publish(MemorySource(base(invoices=[])))
        assert (counts["payments"].rows_landed, counts["payments"].changed) == (1, False)


def test_the_only_hospital_of_a_source_is_everyones(warehouse: Warehouse) -> None:
    data = base(payments=[payment("Y1", invoice_id=None)])
    data["hospitals"] = data["hospitals"][:1]
    assert warehouse.publish(MemorySource(data))["payments"].rows_landed == 1


@pytest.mark.parametrize(("more", "is_rejected"), [
    ({}, True),
    ({"refunded_date": "2025-06-20"}, False),
    ({"payment_id": "Y2"}, False),
])  # fmt: skip
def test_a_refunded_payment_needs_a_date_or_a_refund(warehouse: Warehouse, more: Row, is_rejected: bool) -> None:
    refund: Row = {"refund_id": "R1", "payment_id": "Y2", "amount": "5", "refund_date": "2025-06-20"}
    payments = [payment("Y1", status="refunded") | more]
    for _ in range(2):
        warehouse.publish(MemorySource(base(payments=payments, refunds=[refund])))
        expected = [(2, {"refunded_without_date"}, {"refunded_date"})]
        assert warehouse.rejects("payments") == (expected if is_rejected else [])


def test_a_row_may_have_several_reasons_and_its_amount_still_counts(warehouse: Warehouse) -> None:
    rows = [invoice("I1", status="lost", invoice_date="2025-02-30", total="7"), invoice(None, total="?")]
    count = warehouse.publish(MemorySource(base(invoices=rows)))["invoices"]
    assert warehouse.rejects("invoices") == [
        (2, {"not_allowed", "invalid_date"}, {"status", "invoice_date"}),
        (3, {"missing_required", "invalid_number"}, {"invoice_id", "total"}),
    ]
    assert (count.amount_read, count.amount_quarantined, count.rows_unreadable_amount) == (Decimal(7), Decimal(7), 1)
    row = warehouse.one("select file, record_key, hospital_id, row_data ->> 'invoice_date' from quarantine.invoices"
                        " where line = 2")  # fmt: skip
    assert row == ("invoices.csv", "I1", "H1", "9999-99-99")  # what it looks like: it may have been anything


def test_an_unreadable_row_is_counted_with_its_amount_unknown(warehouse: Warehouse) -> None:
    source = MemorySource(base(), broken={"invoices": (UnreadableRow(9, "7 fields where 6 were expected"),)})
    count = warehouse.publish(source)["invoices"]
    assert (count.rows_read, count.rows_landed, count.rows_quarantined, count.rows_unreadable_amount) == (3, 2, 1, 1)
    assert warehouse.rejects("invoices") == [(9, {"unreadable_row"}, set())]


def test_free_text_stays_out_of_quarantine(warehouse: Warehouse) -> None:
    bad: Row = {"adjustment_id": "A1", "invoice_id": "I1", "adjustment_date": "2025-06-05", "reason": "for Mrs Planted"}
    late = bad | {"adjustment_id": "A2", "invoice_id": "nope", "hospital_id": "H1", "amount": "1"}
    warehouse.publish(MemorySource(base(adjustments=[bad, late])))
    assert [reasons for _, reasons, _ in warehouse.rejects("adjustments")] == [
        {"missing_required"},
        {"unknown_reference"},
    ]
    assert warehouse.one("select count(*) from quarantine.adjustments q where q::text like '%%Planted%%'") == (0,)


def test_the_only_good_hospital_does_not_get_the_rows_of_a_rejected_one(warehouse: Warehouse) -> None:
    south = {"hospital_id": "H2", "name": "South", "timezone": "Mars"}
    counts = warehouse.land(
        MemorySource(
            {
                "hospitals": [{"hospital_id": "H1", "name": "North"}, south],
                "invoices": [invoice("I1"), invoice("I2", hospital_id="H2")],
                "payments": [payment("Y1"), payment("Y2", invoice_id="I2"), payment("Y3", invoice_id=None)],
            }
        )
    )
    assert counts["payments"].rows_landed == 1
    assert warehouse.rejects("payments") == [
        (3, {"unknown_hospital"}, {"hospital_id"}),
        (4, {"unknown_hospital"}, {"hospital_id"}),
    ]
