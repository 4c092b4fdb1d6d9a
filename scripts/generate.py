"""Write the sample hospital group as CSV files."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from scripts.sample_data.generator import Summary, generate

DEFAULT_SEED = 20_240_301
DEFAULT_INVOICES = 20_000


@click.command(help=__doc__)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
@click.option("--end-date", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the three years (today if left out).")
@click.option("--invoices", type=click.IntRange(min=10), default=DEFAULT_INVOICES, show_default=True)
@click.option("--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Same seed and date: same bytes.")
def main(out: Path, end_date: datetime | None, invoices: int, seed: int) -> None:
    """Generate and say what was written."""
    end = (end_date or datetime.now(UTC)).date()
    try:
        summary = generate(out, seed, end, invoices)
    except OSError as error:
        sys.exit(f"The sample data cannot be written to {out}: {error.strerror or error}.")
    _report(summary, out, seed, end)


def _report(summary: Summary, out: Path, seed: int, end: date) -> None:
    click.echo(f"Seed {seed}, three years up to {end}, in {out}")
    for table, count in summary.rows.items():
        broken = summary.dirt.rejects[table] + summary.dirt.duplicates[table]
        click.echo(f"  {table:<18}{count:>8,} rows" + (f", {broken} of them broken on purpose" if broken else ""))


if __name__ == "__main__":
    main()
