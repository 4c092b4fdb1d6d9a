"""The commands of ``etl.py``: arguments in, one clear sentence and an exit code out."""

from __future__ import annotations

import click

from pipeline.commands import incidents, keys, mappings, operations, records, runs
from pipeline.commands.backup import backup


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Daybook's pipeline. Without a command: one run with the configured sources.

    Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 halted by a gate, 75 another run is in progress.
    """
    if context.invoked_subcommand is None:
        context.invoke(runs.run)


for _command in (
    runs.run,
    runs.validate,
    mappings.mapping,
    operations.status,
    operations.rollback,
    operations.hold,
    operations.release,
    operations.close,
    operations.migrate,
    operations.worker,
    incidents.accept,
    incidents.alert,
    backup,
    records.audit,
    records.purge,
    keys.keys,
):
    main.add_command(_command)
