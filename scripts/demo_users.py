"""Users to try the portal with, one for each role, made through ``flask users create``.

Runs as a program of its own: reads users as JSON from standard input, so that no password stands in a process list.
"""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import asdict, dataclass

from warehouse.engine import connect

ROLES = (
    "viewer", "patient_accounts", "accountant", "hospital_admin", "provider", "practice_manager", "analyst", "auditor",
    "super_admin",
)  # fmt: skip
_DOMAIN = "daybook.example"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # pragma: allowlist secret


@dataclass(frozen=True)
class DemoUser:
    """A user to be: of these hospitals, linked to these providers."""

    email: str
    role: str
    hospitals: tuple[str, ...]
    providers: tuple[str, ...]


def new_password() -> str:
    """Return a password that can be read aloud."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))


def plan() -> list[DemoUser]:
    """Return a user for each role, fitting the published build: administrators of one hospital, the others of all."""
    hospitals, providers = _published()
    own = tuple(providers.get(hospitals[0], ())) or ("none",)
    linked = {"provider": own[:1], "practice_manager": own[:5]}
    users = []
    for role in ROLES:
        scope = () if role == "super_admin" else hospitals[:1] if role in ("hospital_admin", *linked) else hospitals
        users.append(DemoUser(f"{role.replace('_', '.')}@{_DOMAIN}", role, tuple(scope), linked.get(role, ())))
    return users


def _published() -> tuple[tuple[str, ...], dict[str, list[str]]]:
    with connect("owner") as connection:
        schema = connection.execute("select schema_name from ops.builds where state = 'live'").fetchone()
        if schema is None:
            raise LookupError("no build is live")
        rows = connection.execute(f"select hospital_id from {schema[0]}.dim_hospitals order by 1").fetchall()
        linked = connection.execute(
            f"select hospital_id, provider_id from {schema[0]}.dim_providers order by 1, 2"
        ).fetchall()
    providers: dict[str, list[str]] = {}
    for hospital, provider in linked:
        providers.setdefault(hospital, []).append(provider)
    return tuple(row[0] for row in rows), providers


def request_for(users: list[DemoUser], password: str) -> str:
    """Write what this module's program reads."""
    return json.dumps({"password": password, "users": [asdict(user) for user in users]})


def main() -> None:
    """Create the users that standard input names."""
    from portal import create_app

    request = json.load(sys.stdin)
    runner = create_app().test_cli_runner()
    for user in request["users"]:
        arguments = ["users", "create", "--email", user["email"], "--role", user["role"]]
        arguments += ["--password", request["password"]]
        arguments += [word for hospital in user["hospitals"] for word in ("--hospital", hospital)]
        arguments += [word for provider in user["providers"] for word in ("--provider", provider)]
        result = runner.invoke(args=arguments)
        if result.exit_code and "already" not in result.output:
            sys.exit(f"The user {user['email']} cannot be created: {result.output.strip() or result.exception}")


if __name__ == "__main__":
    main()
