"""``flask --app portal export``: a file, made under the rights of a user."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import click
from flask import Flask
from flask.cli import with_appcontext
from werkzeug.exceptions import HTTPException

from portal.api.v1.asked import reach
from portal.api.v1.download import made_of
from portal.api.v1.orders import TEMPLATES, THINGS, Order
from portal.api.v1.schema import InvalidParametersError
from portal.builds import NoBuildError
from portal.exports.document import MEDIA_TYPES, Format
from portal.exports.pdf import PdfError
from portal.exports.writing import Written, write
from portal.operator import operator, plainly
from portal.security import current_hospitals
from portal.security.acting import GoneError, acting_as
from portal.services import exports, users
from portal.services.audit import AuditUnavailableError, Entry
from portal.services.users import UserError


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    template: str | None
    entity: str | None
    format: str | None
    start: str | None
    end: str | None
    more: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def filters(self) -> dict[str, list[str]]:
        """Parameters of the API, each with all its values."""
        days = (("startDate", self.start), ("endDate", self.end))
        return _filters(self.more) | {name: [day] for name, day in days if day}


@click.command("export")
@click.option("--user", "email", required=True, help="Address of the user whose rights the file is made under.")
@click.option("--template", help=f"One of {', '.join(one.name for one in TEMPLATES)}.")
@click.option("--entity", help=f"What to export without a template: one of {', '.join(THINGS)}.")
@click.option("--format", type=click.Choice(list(MEDIA_TYPES)), help="Default: the template's, else csv.")
@click.option("--from", "start", help="First day, YYYY-MM-DD.")
@click.option("--to", "end", help="Last day, YYYY-MM-DD.")
@click.option("--filter", "more", multiple=True, help="NAME=VALUE, a parameter of the API; may be repeated.")
@click.option("--field", "fields", multiple=True, help="Only this column; may be repeated.")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="The file; one that is there is replaced."
)
@with_appcontext
@plainly
def export(email: str, output: Path, **wanted: Any) -> None:
    """Write a report, an entity or a template to a file, as its user would get it in the portal."""
    order = _order(Wanted(**wanted))
    try:
        written = _make(users.find(email).id, order, output)
    except InvalidParametersError as error:
        raise UserError("; ".join(f"{name} {problem}" for name, problem in error.fields.items()) + ".") from None
    except HTTPException as error:
        raise UserError(str(error.description)) from None
    except (NoBuildError, PdfError, OSError, AuditUnavailableError) as error:
        click.echo(f"Error: {_why(error, output)}", err=True)
        raise SystemExit(1) from None
    click.echo(f"Wrote {output}: {written.rows:,} rows, {written.size:,} bytes, SHA-256 {written.sha256}.")


def init_app(app: Flask) -> None:
    """Add the command to ``flask --app portal``."""
    app.cli.add_command(export)


def _filters(more: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in more:
        name, is_there, value = text.partition("=")
        if not (name and is_there):
            raise UserError(f"{text!r} is no filter: write NAME=VALUE, as in --filter providerId=D1.")
        found.setdefault(name, []).append(value)
    return found


def _order(wanted: Wanted) -> Order:
    if (wanted.template is None) == (wanted.entity is None):
        raise UserError("Say what to export: give --template or --entity, and not both.")
    if wanted.entity is not None:
        return Order(wanted.entity, cast(Format, wanted.format or "csv"), wanted.filters, wanted.fields)
    named = {one.name: one.order for one in TEMPLATES}
    if wanted.template not in named:
        raise UserError(f"There is no template {wanted.template}: use one of {', '.join(named)}.")
    order = named[wanted.template]
    return replace(
        order, format=cast(Format, wanted.format or order.format), filters=wanted.filters, fields=wanted.fields
    )


def _make(user_id: int, order: Order, output: Path) -> Written:
    needed = order.thing.permissions
    try:
        with acting_as(user_id, order.filters) as user:
            if missing := sorted(needed - user.permissions):
                raise UserError(f"{user.email} may not export {order.entity_type}: it needs {', '.join(missing)}.")
            document = order.document(reach())
            with _beside(output) as file:
                written = write(document, order.format, file)
                made = made_of(document, order.format, order.entity_type)
                entry = Entry(operator(), "export", "report", document.name[:200], hospital_ids=current_hospitals())
                exports.log(made, written, replace(entry, details={"for_user": str(user_id)}))
    except GoneError as error:
        raise UserError(str(error)) from None
    return written


@contextmanager
def _beside(output: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``output`` once it is whole; only its owner may read it."""
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        Path(name).replace(output)
    finally:
        Path(name).unlink(missing_ok=True)


def _why(error: Exception, output: Path) -> str:
    if isinstance(error, OSError):
        return f"{output} cannot be written: {error.strerror or error}."
    if isinstance(error, NoBuildError):
        return "nothing is published yet: there is nothing to export."
    return str(error) or "it could not be recorded, so nothing was written."
