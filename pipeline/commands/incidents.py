"""``etl.py accept`` and ``alert test``: what a person does about a halt, and whether they would hear of it."""

from __future__ import annotations

import click

from pipeline.commands.common import guarded, prepare_warehouse, who
from pipeline.errors import AlertError, ConfigurationError


@click.command()
@click.argument("run", type=int)
@click.option("--gate", required=True, metavar="NAME", help="The gate that halted the run.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is a false alarm; it goes into the audit log.")
@click.option("--by", metavar="NAME", help="Who accepts it; the user of this computer by default.")
@guarded
def accept(run: int, gate: str, reason: str, by: str | None) -> None:
    """Let exactly the batch of halted run RUN past exactly this gate."""
    from pipeline import acceptance
    from pipeline.quality.landed import landed_gates
    from pipeline.settings import thresholds
    from warehouse.settings import load_secrets

    prepare_warehouse()
    gates = landed_gates(thresholds())
    acceptance.accept(run, gate, reason, by or who(), gates, load_secrets().audit_key)
    click.echo(
        f"Gate {gate} lets the batch of run {run} past, no more than that, until a build is published."
        " Start the next run: python etl.py"
    )


@click.group()
def alert() -> None:
    """Alerts by mail and webhook."""


@alert.command("test")
@guarded
def alert_test() -> None:
    """Send a test message to every target and say which took it. Needs no warehouse."""
    from pipeline import alerts
    from pipeline.delivery import NO_TARGET

    outcome = alerts.test()
    if not outcome:
        raise ConfigurationError(f"There is {NO_TARGET} (Apprise URLs, blank between them).")
    for each in outcome:
        click.echo(f"{each.target}: {each.error or 'delivered'}")
    if any(each.error for each in outcome):
        raise AlertError("Not every target took the test message.")
