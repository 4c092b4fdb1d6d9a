"""``scripts/bench NAME``: each benchmark is a module of this package with a command ``main``."""

from __future__ import annotations

from importlib import import_module

import click

NAMES = ("forecast", "matching", "pages")


class _Benchmarks(click.Group):
    """Imports a benchmark when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in NAMES:
            return None
        command: click.Command = import_module(f"scripts.benchmarks.{cmd_name}").main
        return command


@click.group(cls=_Benchmarks, help="Measurements against known truth, with a verdict.")
def main() -> None:
    """Run a benchmark."""


if __name__ == "__main__":
    main(prog_name="scripts/bench")
