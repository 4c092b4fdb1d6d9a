"""A drafted mapping goes through the same validation as any other: what it reads lands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.settings import SourceConfig
from pipeline.validate import validate_sources
from scripts.sample_data.generator import generate

_INSTANT = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
_BILLS = (
    "Rechnung Nr;MRN;Date Billed;Gross;State\n0007;P-1;03.05.2025;1.234,56;open\n0008;P-2;28.05.2025;80,00;storno\n"
    "0009;P-2;30.05.2025;9,10;abc\n"
)
_RECEIPTS = "Receipt No;Rechnung Nr;Paid On;Amount Paid\nR1;0007;04.05.2025;1.000,00\nR2;0008;29.05.2025;5,50\n"


def _draft(folder: Path) -> Path:
    target = folder.parent / "draft.yml"
    result = CliRunner().invoke(main, ["mapping", "init", "--source", str(folder), "--output", str(target)])
    assert result.exit_code == 0, result.output
    return target


@pytest.mark.usefixtures("warehouse")
def test_an_odd_layout_lands_through_its_draft(tmp_path: Path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "bills.csv").write_bytes(_BILLS.encode("utf-16"))
    (folder / "receipts.csv").write_text(_RECEIPTS)
    found = validate_sources([SourceConfig("main", str(folder), str(_draft(folder)))], _INSTANT, date(2025, 6, 30))
    counts = {
        count.table_name: (count.rows_read, count.rows_landed, str(count.amount_landed)) for count in found.tables
    }
    assert counts == {
        "hospitals": (1, 1, "0"), "invoices": (3, 2, "1314.560"), "payments": (2, 2, "1005.500"),
    }  # fmt: skip
    assert [(reject.table, reject.reasons) for reject in found.rejects] == [("invoices", ("not_allowed",))]


@pytest.mark.usefixtures("warehouse")
def test_the_sample_group_lands_alike_with_and_without_a_draft(tmp_path: Path):
    folder = tmp_path / "sample"
    generate(folder, 5, date(2025, 6, 30), 120)
    plain, drafted = (
        validate_sources([SourceConfig("main", str(folder), mapping)], _INSTANT, date(2025, 6, 30))
        for mapping in (None, str(_draft(folder)))
    )
    counts = [
        {c.table_name: (c.rows_read, c.rows_landed, c.rows_quarantined, c.amount_landed) for c in found.tables}
        for found in (plain, drafted)
    ]
    assert counts[0] == counts[1]
    assert len(counts[0]) >= 10


def test_a_draft_is_printed_and_never_overwrites(tmp_path: Path):
    (tmp_path / "bills.csv").write_text(_BILLS)
    result = CliRunner().invoke(main, ["mapping", "init", "--source", f"east={tmp_path}"])
    assert (result.exit_code, "invoices:" in result.stdout) == (0, True)
    assert "To be filled in before it can be used: invoices.status, payments" in result.stderr
    target = tmp_path / "mine.yml"
    target.write_text("mine")
    result = CliRunner().invoke(main, ["mapping", "init", "--source", str(tmp_path), "--output", str(target)])
    assert (result.exit_code, target.read_text()) == (2, "mine")
    assert "cannot be written to" in result.stderr
    assert "Traceback" not in result.output


def test_a_source_that_cannot_be_opened_is_one_sentence(tmp_path: Path):
    result = CliRunner().invoke(main, ["mapping", "init", "--source", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "does not exist" in result.stderr
