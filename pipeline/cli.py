"""The commands of ``etl.py``: arguments in, one clear sentence and an exit code out."""

from __future__ import annotations

import getpass
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import psycopg

from pipeline import publish as publishing
from pipeline import show
from pipeline.errors import DaybookError, UsageError, warehouse_error
from pipeline.lock import run_lock
from pipeline.settings import SourceConfig, configured_sources, parse_source, remember_sources
from warehouse import embedded, migrate
from warehouse.engine import connect
from warehouse.settings import SettingsError, home, write_private


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn failures that a person can act on into one sentence and the right exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except DaybookError as error:
            show.error(str(error))
            sys.exit(error.exit_code)
        except SettingsError as error:
            show.error(str(error))
            sys.exit(2)
        except psycopg.Error as error:
            show.error(str(warehouse_error(error)))
            sys.exit(1)
        except KeyboardInterrupt:
            show.error("Stopped. Nothing was published; the next run starts afresh.")
            sys.exit(130)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception:  # noqa: BLE001 - the last net: a person gets a sentence, the traceback goes to a private file
            show.error(f"An error that Daybook did not foresee; its details are in {_keep_traceback()}.")
            sys.exit(1)

    return run


def _keep_traceback() -> Path:
    path = home() / "logs" / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    write_private(path, traceback.format_exc())
    return path


def _prepare_warehouse() -> None:
    if not os.environ.get("DATABASE_URL"):
        embedded.start()
    migrate.upgrade()


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Daybook's pipeline. Without a command: one run with the configured sources.

    Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 halted by a gate, 75 another run is in progress.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


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


@main.command()
@_SOURCE
@_MAPPING
@_DATE
@click.option("--run-id", type=int, hidden=True)
@click.option("--dry-run", is_flag=True, help="Show what would land and be rejected; write nothing.")
@_guarded
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
        _prepare_warehouse()
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


@main.command()
@_SOURCE
@_MAPPING
@_DATE
@_guarded
def validate(sources: tuple[str, ...], mapping: str | None, business_date: str | None) -> None:
    """Show what would be read, mapped and rejected, and why. Writes nothing."""
    configs = _configs(sources, mapping)
    day = _day(business_date)
    _prepare_warehouse()
    _validate(configs, day)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_guarded
def status(as_json: bool) -> None:
    """Show runs and builds."""
    from pipeline.status import read_status

    with connect("etl", autocommit=True) as connection:
        show.status(read_status(connection), as_json=as_json)


@main.command()
@_guarded
def rollback() -> None:
    """Bring the previous accepted build back and hold publishing until released."""
    with run_lock() as connection:
        build = publishing.rollback(connection, _who())
    click.echo(f"Build {build.build_id} is live again. Publishing is held until: python etl.py release")


@main.command()
@click.option("--reason", default="held by hand", show_default=True)
@_guarded
def hold(reason: str) -> None:
    """Hold publishing: runs still build and gate, but the live build stays."""
    with connect("etl", autocommit=True) as connection:
        publishing.hold(connection, _who(), reason)
    click.echo("Publishing is held until: python etl.py release")


@main.command()
@_guarded
def release() -> None:
    """Let runs publish again."""
    with connect("etl", autocommit=True) as connection:
        held = publishing.release(connection)
    click.echo("Publishing is released; the next run publishes." if held else "Publishing was not held.")


@main.command()
@click.option("--hospital", required=True, metavar="ID", help="Hospital whose month is closed.")
@click.option("--month", required=True, metavar="YYYY-MM", help="Month to close; it must be over.")
@click.option("--by", metavar="NAME", help="Who closes it; the user of this computer by default.")
@_guarded
def close(hospital: str, month: str, by: str | None) -> None:
    """Close a month: its figures are kept as the live build issues them, and later changes are listed."""
    from pipeline import closing

    first_day = closing.month_named(month)
    _prepare_warehouse()
    with run_lock() as connection:
        closed = closing.close(connection, hospital, first_day, by or _who())
    click.echo(
        f"{closing.spelled(closed.month)} is closed for {closed.hospital_id} with the figures of build {closed.build_id}"
        f" ({closed.figures} figures). What changes from now on is listed from the next run on."
    )


@main.command()
@_guarded
def worker() -> None:
    """Run the jobs that pages ask for, until stopped."""
    from pipeline.worker import work

    _prepare_warehouse()
    work()


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


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
