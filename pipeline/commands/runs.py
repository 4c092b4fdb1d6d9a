"""``etl.py run`` and ``validate``: which sources, which day, and what came of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from pipeline import show
from pipeline.commands.common import guarded, prepare_warehouse
from pipeline.errors import UsageError
from pipeline.settings import SourceConfig, configured_sources, parse_source, remember_sources
from warehouse import migrate
from warehouse.settings import home

_SOURCE = click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="[NAME=]DIR_OR_URL",
    help="Folder of CSV or Parquet, or a database URL.",
)
_MAPPING = click.option(
    "--mapping", metavar="FILE", help="Mapping of the layout (a file, or the name of a shipped one)."
)
_DATE = click.option(
    "--business-date", metavar="YYYY-MM-DD", help="Business date for every hospital; today's by default."
)


@click.command()
@_SOURCE
@_MAPPING
@_DATE
@click.option("--run-id", type=int, hidden=True)
@click.option("--dry-run", is_flag=True, help="Show what would land and be rejected; write nothing.")
@guarded
def run(
    sources: tuple[str, ...] = (),
    mapping: str | None = None,
    business_date: str | None = None,
    run_id: int | None = None,
    dry_run: bool = False,
) -> None:
    """Read the sources, check, build, test and publish."""
    configs = _configs(sources, mapping)
    day = _day(business_date)
    from pipeline import alerts
    from pipeline.run import RunOrder, execute

    try:
        prepare_warehouse()
    except migrate.DatabaseUnreachableError as error:
        alerts.tell_without_database(str(error))
        raise
    if dry_run:
        _validate(configs, day)
        return

    order = RunOrder(configs, datetime.now(UTC), day, run_id)
    with show.progress() as observer:
        report = execute(order, observer)
    show.report(report)
    if sources and remember_sources(configs):
        click.echo(f"`python etl.py` alone will read the same from now on: {home() / 'sources.yml'}")


@click.command()
@_SOURCE
@_MAPPING
@_DATE
@guarded
def validate(sources: tuple[str, ...], mapping: str | None, business_date: str | None) -> None:
    """Show what would be read, mapped and rejected, and why. Writes nothing."""
    configs = _configs(sources, mapping)
    day = _day(business_date)
    prepare_warehouse()
    _validate(configs, day)


def _validate(configs: list[SourceConfig], day: date | None) -> None:
    from pipeline.validate import validate_sources

    show.validation(validate_sources(configs, datetime.now(UTC), day))


def _configs(sources: tuple[str, ...], mapping: str | None) -> list[SourceConfig]:
    if not sources:
        if mapping:
            raise UsageError("--mapping needs a --source to apply to.")
        return configured_sources()
    configs = [parse_source(text, mapping, number) for number, text in enumerate(sources, start=1)]
    names = [config.name for config in configs]
    if len(set(names)) != len(names):
        raise UsageError("Two sources have the same name: name each one, as in --source east=DIR --source west=DIR.")
    if len({config.location for config in configs}) != len(configs):
        raise UsageError("The same source is given twice: its rows would count twice.")
    return configs


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--business-date {text!r} is not a date: write it as YYYY-MM-DD.") from None
