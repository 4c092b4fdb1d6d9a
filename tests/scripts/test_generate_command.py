"""The command that writes the sample data."""

from pathlib import Path

from click.testing import CliRunner

from scripts.generate import main


def test_it_says_the_seed_and_what_it_wrote(tmp_path: Path):
    result = CliRunner().invoke(
        main, ["--out", str(tmp_path), "--end-date", "2026-01-31", "--invoices", "50", "--seed", "3"]
    )
    assert result.exit_code == 0, result.output
    assert "Seed 3, three years up to 2026-01-31" in result.output
    assert "invoices" in result.output
    assert (tmp_path / "payments.csv").stat().st_size > 0


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    result = CliRunner().invoke(main, ["--out", str(tmp_path / "file" / "below"), "--invoices", "10"])
    assert result.exit_code == 1
    assert "cannot be written to" in result.output
    assert "Traceback" not in result.output
