"""The books against which ``scripts/soak`` compares what is shown."""

from __future__ import annotations

from decimal import Decimal

from scripts.soaking.books import Books


def test_the_books_know_what_is_open_after_each_decision() -> None:
    books = Books()
    books.enter([{"invoice_id": "I1", "total": "100.00"}, {"invoice_id": "I2", "total": "5.00"}], [])
    books.write_off("I1", Decimal("30.10"))
    books.write_off("I2", Decimal("5.00"))
    books.enter(
        [
            {"invoice_id": "I1", "total": "100.00"},
            {"invoice_id": "I2", "total": "5.00"},
            {"invoice_id": "I3", "total": "8.00"},
        ],
        [{"invoice_id": "I3", "amount": "3.00"}],
    )
    assert books.balances == {"I1": Decimal("69.90"), "I3": Decimal("5.00")}
    books.write_off("I1", Decimal("-30.10"))
    assert (books.balance("I1"), books.total_written_off) == (Decimal("100.00"), Decimal("5.00"))
