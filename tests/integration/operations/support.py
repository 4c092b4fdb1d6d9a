"""What the tests of operations share: commands in this process, people, audit records, digests of a whole database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pipeline.cli import main
from warehouse import audit_chain, audit_check
from warehouse.audit_chain import Entry
from warehouse.backup import contents
from warehouse.engine import connect, url_for
from warehouse.settings import load_secrets


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    output: str
    error: str


def command(*arguments: str, code: int = 0) -> Ended:
    """``etl.py …`` in this process; it must end with ``code``."""
    result = CliRunner().invoke(main, list(arguments))
    ended = Ended(result.exit_code, result.stdout, result.stderr)
    assert ended.code == code, ended
    assert "did not foresee" not in ended.error, ended
    return ended


def refused(*arguments: str, code: int = 1) -> str:
    """The one sentence with which a command is refused."""
    error = command(*arguments, code=code).error
    assert error.startswith("etl.py: ") and error.count("\n") == 1, error
    return error.removeprefix("etl.py: ").strip()


def backed_up() -> Path:
    """Make a backup with the command and return its file."""
    found = re.match(r"(\S+\.backup): ", command("backup", "create").output)
    assert found
    return Path(found[1])


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, as the owner."""
    with connect("owner", autocommit=True) as connection:
        return connection.execute(statement, list(values)).fetchall()  # type: ignore[arg-type]


def do(statement: str, *values: Any) -> None:
    """Run a statement as the owner."""
    with connect("owner", autocommit=True) as connection:
        connection.execute(statement, list(values))  # type: ignore[arg-type]


def people(*emails: str) -> None:
    """Add users that may use an API token each."""
    for email in emails:
        do(
            "with added as (insert into portal.users (email, password, fs_uniquifier) values (%s, 'x', %s) returning id)"
            " insert into portal.api_tokens (user_id, token_hash, expires_at)"
            " select id, %s, now() + interval '90 days' from added",
            email, email, email.encode(),
        )  # fmt: skip


def audit(*actions: str) -> None:
    """Add audit records, one of each action."""
    for action in actions:
        audit_chain.record(load_secrets().audit_key.encode(), Entry("1", action, "page", ip_address="10.0.0.1"))


def chain_length() -> int:
    """Number of audit records of a chain that is whole."""
    with create_engine(url_for("owner"), poolclass=NullPool).connect() as connection:
        return audit_check.verify(connection, load_secrets().audit_key.encode())


def digests() -> dict[str, Any]:
    """Rows and checksum of every table of the warehouse."""
    with connect("owner") as connection:
        contents.plain_text(connection)
        return contents.tables(connection)


def rights() -> list[tuple[Any, ...]]:
    """Owner, grants and row policies of everything in the warehouse."""
    return ask(
        "select n.nspname, c.relname, c.relowner::regrole::text, coalesce((select array_agg(a::text order by a::text)"
        " from unnest(c.relacl) as a), '{}'), c.relrowsecurity, c.relforcerowsecurity, c.reloptions,"
        " (select array_agg(polname order by polname) from pg_policy where polrelid = c.oid)"
        " from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'v', 'S') and n.nspname !~ '^(pg_|information|staging|intermediate)' order by 1, 2"
    ) + ask(
        "select n.nspname, p.proname, p.proowner::regrole::text, coalesce(p.proacl::text, ''), p.prosecdef, p.proconfig"
        " from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname !~ '^(pg_|information)' order by 1, 2, p.oid"
    )


def databases() -> set[str]:
    """Names of the server's databases."""
    return {row[0] for row in ask("select datname from pg_database")}


def ended_run(number: int, day: str = "2026-03-10") -> None:
    """A run that ended on ``day``, as the pipeline ends it."""
    do(
        "insert into ops.etl_process_status (id, status, started_at, instant) values (%s, 'running', %s, %s)",
        number, day, day,
    )  # fmt: skip
    do("update ops.etl_process_status set status = 'completed', completed_at = %s where id = %s", day, number)
