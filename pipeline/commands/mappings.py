"""``etl.py mapping``: a draft of what nobody has described yet."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.common import guarded
from pipeline.errors import UsageError
from pipeline.settings import parse_source


@click.group()
def mapping() -> None:
    """Mappings: how a layout of your own becomes Daybook's tables."""


@mapping.command()
@click.option("--source", required=True, metavar="DIR_OR_URL", help="Folder of CSV or Parquet, or a database URL.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; it must not exist. Else it is printed.",
)
@guarded
def init(source: str, output: Path | None) -> None:
    """Draft a mapping by looking at headers and the first rows. Says what is guessed and what is to be filled in."""
    from pipeline.sources.draft import draft_mapping

    draft = draft_mapping(parse_source(source, None).location)
    if output is None:
        click.echo(draft.text, nl=False)
    else:
        try:
            with output.open("x", encoding="utf-8") as file:
                file.write(draft.text)
        except OSError as error:
            raise UsageError(f"The draft cannot be written to {output}: {error.strerror or error}.") from None
    click.echo(f"Drafted {', '.join(draft.tables) or 'nothing'}; {draft.to_check} guesses to check.", err=True)
    if draft.to_fill:
        click.echo(f"To be filled in before it can be used: {', '.join(draft.to_fill)}.", err=True)
    else:
        click.echo(f"Next: python etl.py validate --source … --mapping {output or 'FILE'}", err=True)
