"""``etl.py keys``: what is to be done after a key was changed."""

from __future__ import annotations

import click
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from pipeline.commands.common import guarded, prepare_warehouse, who
from pipeline.errors import ConfigurationError, WarehouseError
from pipeline.lock import run_lock
from warehouse import audit_chain, rekey
from warehouse.audit_chain import Entry
from warehouse.engine import driver_connection, url_for
from warehouse.identity import IdentityKeyError
from warehouse.settings import load_secrets


@click.group()
def keys() -> None:
    """Rotate the keys of identity."""


@keys.command()
@guarded
def rotate() -> None:
    """Encrypt identity with the first of DAYBOOK_PHI_KEYS, and make the search anew with DAYBOOK_SEARCH_KEY."""
    prepare_warehouse()
    secrets = load_secrets()
    owner = create_engine(url_for("owner"), poolclass=NullPool, hide_parameters=True)
    with run_lock(), owner.begin() as connection:
        driver = driver_connection(connection)
        try:
            texts = rekey.reseal(driver, secrets)
            connection.execute(text("set local role daybook_etl"))  # whose identity is
            count = rekey.rotate(driver, secrets)
        except IdentityKeyError as error:
            raise ConfigurationError(f"{error} Nothing was changed.") from error
        connection.execute(text("set local role none"))
        details = {"patients": count, "texts": texts}
        entry = Entry(f"command line: {who()}", "keys_rotated", "identity", details=details)
        try:
            audit_chain.append(connection, secrets.audit_key.encode(), entry)
        except SQLAlchemyError as error:
            raise WarehouseError(
                "The rotation could not be recorded in the audit log. Nothing was changed: look why, and run it again."
            ) from error
    click.echo(f"{count:,} patients: encrypted with the newest key, searched with the present one.")
    click.echo(f"{texts:,} texts (case logs, notes): encrypted with the newest key.")
