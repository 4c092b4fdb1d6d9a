"""Validation reads as a run would, and stays out of a run's way."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import BusyError
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
