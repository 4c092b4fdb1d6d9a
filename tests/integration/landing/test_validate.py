"""Validation reads as a run would, and stays out of a run's way."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline import show
from pipeline.errors import BusyError
from pipeline.landing.values import shape
from pipeline.lock import run_lock
from pipeline.settings import SourceConfig
from pipeline.validate import validate_sources
from tests.integration.landing.world import Warehouse

_INSTANT = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clinic(tmp_path: Path) -> list[SourceConfig]:
    """A folder with one good invoice and one that is none."""
    files = {
        "hospitals": "hospital_id,name\nH1,North\n",
        "invoices": "invoice_id,hospital_id,patient_id,invoice_date,total,status\n"
        "I1,H1,P1,2025-06-01,100,issued\nI2,H1,P1,2025-02-29,7,issued\n",
        "payments": "payment_id,payment_date,amount,status\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return [SourceConfig("main", str(tmp_path))]


@pytest.mark.usefixtures("warehouse")
def test_rejects_are_named_with_the_place_of_the_first(clinic: list[SourceConfig]) -> None:
    (reject,) = validate_sources(clinic, _INSTANT, date(2025, 6, 30)).rejects
    assert (reject.reasons, reject.columns, reject.first) == (
        ("invalid_date",),
        ("invoice_date",),
        "invoices.csv, line 3",
    )


def test_nothing_is_written(warehouse: Warehouse, clinic: list[SourceConfig]) -> None:
    validate_sources(clinic, _INSTANT, date(2025, 6, 30))
    for table in ("ops.batches", "ops.run_tables", "raw.invoices", "quarantine.invoices"):
        assert warehouse.one(f"select count(*) from {table}") == (0,)


@pytest.mark.usefixtures("warehouse")
def test_while_a_run_is_in_progress_validation_is_refused_instead_of_blocking_it(clinic: list[SourceConfig]) -> None:
    with run_lock(), pytest.raises(BusyError, match="in progress"):
        validate_sources(clinic, _INSTANT, date(2025, 6, 30))


@pytest.mark.usefixtures("warehouse")
def test_rejects_are_counted_by_reason_with_their_money_and_no_value_is_shown(
    clinic: list[SourceConfig], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "invoices.csv").write_text(
        "invoice_id,hospital_id,patient_id,invoice_date,total,status,remark\n"
        + "".join(f"I{n},H1,Doe-{n},31.0{n}.2025,10.50,issued,x\n" for n in range(3))
        + "J1,H1,P1,2025-06-01,7,lost,x\nJ2,H1,P1,2025-06-01,7,lost,x\nJ3,H1,P1,2025-06-01,'7,issued,x\nJ4,H1\n"
    )
    found = validate_sources(clinic, _INSTANT, date(2025, 6, 30))
    by_reason = {reject.reasons: (reject.rows, str(reject.amount), dict(reject.looks)) for reject in found.rejects}
    assert by_reason == {
        ("invalid_date",): (3, "31.500", {"invoice_date": ("99.99.9999",)}),
        ("not_allowed",): (2, "14.000", {"status": ("`lost`",)}),
        ("invalid_number",): (1, "0", {"total": ("'9",)}),
        ("unreadable_row",): (1, "0", {}),
    }
    assert found.unreadable == {("main", "invoices", "has 2 fields where the header has 7"): 1}
    show.validation(found)
    printed = capsys.readouterr().out
    for line in (
        "  left out: remark",
        "invoices: 3 rejected, 31.50: invalid_date (invoice_date); first at invoices.csv, line 2",
        "  invalid_date: is no date as the source writes them: `date_formats` in the mapping says how",
        "  invoice_date looks like 99.99.9999",
        "  status looks like `lost`",
        "invoices: 1 unreadable: has 2 fields where the header has 7",
        "The amount of 2 rows cannot be read; it is in none of these sums.",
        "Nothing was written.",
    ):
        assert line in printed.splitlines()
    assert "Doe" not in printed


@pytest.mark.parametrize(
    ("value", "looks"),
    [("31.02.2025", "99.99.9999"), ("Zoë 7", "aaa 9"), ("a\x00b", "a?a"), ("x" * 50, "a" * 24 + "… (50 characters)")],
)
def test_a_shape_tells_no_value(value: str, looks: str) -> None:
    assert shape(value) == looks
