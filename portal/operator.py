"""What all commands of ``flask --app portal`` share: who runs them, and a sentence for everything that they refuse."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError

from portal.services.users import UserError

Command = TypeVar("Command", bound=Callable[..., Any])


def operator() -> str:
    """Return how audit records name who runs a command."""
    try:
        return f"command line: {getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return "command line"


def plainly(command: Command) -> Command:
    """Let ``command`` end with a sentence: exit code 2 for what it cannot use, 1 without a database."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except UserError as error:
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(2) from None
        except OperationalError:
            click.echo("Error: the database does not answer: check DATABASE_URL and that the server runs.", err=True)
            raise SystemExit(1) from None

    return run  # type: ignore[return-value]
