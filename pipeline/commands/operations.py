"""``etl.py status``, ``rollback``, ``hold``, ``release``, ``close``, ``migrate`` and ``worker``: builds, and what serves them."""

from __future__ import annotations

import click

from pipeline import publish as publishing
from pipeline import show
from pipeline.commands.common import guarded, prepare_warehouse, who
from pipeline.lock import run_lock
from warehouse.engine import connect


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@guarded
def status(as_json: bool) -> None:
    """Show runs and builds."""
    from pipeline.status import read_status

    with connect("etl", autocommit=True) as connection:
        show.status(read_status(connection), as_json=as_json)


@click.command()
@guarded
def rollback() -> None:
    """Bring the previous accepted build back and hold publishing until released."""
    with run_lock() as connection:
        build = publishing.rollback(connection, who())
    click.echo(f"Build {build.build_id} is live again. Publishing is held until: python etl.py release")


@click.command()
@click.option("--reason", default="held by hand", show_default=True)
@guarded
def hold(reason: str) -> None:
    """Hold publishing: runs still build and gate, but the live build stays."""
    with connect("etl", autocommit=True) as connection:
        publishing.hold(connection, who(), reason)
    click.echo("Publishing is held until: python etl.py release")


@click.command()
@guarded
def release() -> None:
    """Let runs publish again."""
    with connect("etl", autocommit=True) as connection:
        held = publishing.release(connection)
    click.echo("Publishing is released; the next run publishes." if held else "Publishing was not held.")


@click.command()
@click.option("--hospital", required=True, metavar="ID", help="Hospital whose month is closed.")
@click.option("--month", required=True, metavar="YYYY-MM", help="Month to close; it must be over.")
@click.option("--by", metavar="NAME", help="Who closes it; the user of this computer by default.")
@guarded
def close(hospital: str, month: str, by: str | None) -> None:
    """Close a month: its figures are kept as the live build issues them, and later changes are listed."""
    from pipeline import closing

    first_day = closing.month_named(month)
    prepare_warehouse()
    with run_lock() as connection:
        closed = closing.close(connection, hospital, first_day, by or who())
    click.echo(
        f"{closing.spelled(closed.month)} is closed for {closed.hospital_id} with the figures of build {closed.build_id}"
        f" ({closed.figures} figures). What changes from now on is listed from the next run on."
    )


@click.command()
@guarded
def migrate() -> None:
    """Bring the warehouse to this version's schema; one that is in use is backed up first."""
    prepare_warehouse()
    click.echo("The warehouse has this version's schema.")


@click.command()
@guarded
def worker() -> None:
    """Run the jobs that pages ask for, until stopped."""
    from pipeline.worker import work

    prepare_warehouse()
    work()
