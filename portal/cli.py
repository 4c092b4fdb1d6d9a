"""Commands of ``flask --app portal``: users, API tokens, kept forecasts, case logs; exports are ``portal.export_cli``."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask import Flask
from flask.cli import AppGroup

from portal import export_cli, export_jobs
from portal.builds import NoBuildError
from portal.operator import operator, plainly
from portal.security import second_factor
from portal.services import case_log_drafts, case_verification, forecast_snapshots, lockout, sign_out, tokens, users
from portal.services.audit import Entry
from portal.services.users import MIN_PASSWORD, UserError

users_group = AppGroup("users", help="Users of the portal.")
tokens_group = AppGroup("tokens", help="Bearer tokens of the API.")
case_logs_group = AppGroup("case-logs", help="Case logs of providers.")
forecast_group = AppGroup("forecast", help="Forecasts that are kept, to be compared with what comes.")


def init_app(app: Flask) -> None:
    """Add the commands to ``flask --app portal``."""
    app.cli.add_command(users_group)
    app.cli.add_command(tokens_group)
    app.cli.add_command(forecast_group)
    app.cli.add_command(case_logs_group)
    export_cli.init_app(app)
    export_jobs.init_app(app)


@users_group.command("create")
@click.option("--email", required=True, help="Address to sign in with.")
@click.option("--role", "roles", required=True, multiple=True, help="Role; may be repeated.")
@click.option("--hospital", "hospitals", multiple=True, help="Hospital id; may be repeated. super_admin needs none.")
@click.option("--provider", "providers", multiple=True, help="Provider id; may be repeated.")
@click.option("--password", help=f"At least {MIN_PASSWORD} characters; asked for if left out.")
@plainly
def create_user(
    email: str, roles: tuple[str, ...], hospitals: tuple[str, ...], providers: tuple[str, ...], password: str | None
) -> None:
    """Create a user that can sign in at once."""
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = users.create(email, password, roles, hospitals, providers, by=operator())
    click.echo(f"Created {user.email} ({', '.join(roles)}; {', '.join(hospitals) or 'all hospitals'}).")


@users_group.command("sign-out")
@click.option("--email", required=True, help="Whose sessions end, on every device.")
@click.option("--tokens", "tokens_too", is_flag=True, help="Revoke the API tokens as well.")
@plainly
def sign_out_user(email: str, tokens_too: bool) -> None:
    """End every session of a user."""
    user = users.find(email)
    details = {"tokens_revoked": tokens_too}
    entry = Entry(operator(), "sign_out_everywhere", "user", resource_id=str(user.id), details=details)
    sign_out.everywhere(user, entry, datetime.now(UTC) if tokens_too else None)
    click.echo(f"{user.email} is signed out everywhere{'; the API tokens are revoked' if tokens_too else ''}.")


@users_group.command("unlock")
@click.option("--email", help="Who may try again at once.")
@click.option("--address", help="Network address that may try again at once.")
@plainly
def unlock_user(email: str | None, address: str | None) -> None:
    """End a lockout after failed tries to sign in."""
    if not (email or address):
        raise UserError("Say whom to unlock: give --email, --address or both.")
    user = users.find(email) if email else None
    number = str(user.id) if user else None
    lockout.unlock(user, address, Entry(operator(), "unlock", "user", resource_id=number, details={"address": address}))
    click.echo(f"{' and '.join(one for one in (user and user.email, address) if one)} may try again.")


@users_group.command("reset-second-factor")
@click.option("--email", required=True, help="Who lost the authenticator app and the recovery codes.")
@plainly
def reset_second_factor(email: str) -> None:
    """Take the second factor from a user, and end the user's sessions."""
    user = users.find(email)
    entry = Entry(operator(), "second_factor_reset", "user", resource_id=str(user.id))
    second_factor.reset(user, entry)
    click.echo(f"{user.email} has no second factor now and is signed out everywhere.")


@users_group.command("rotate-keys")
@plainly
def rotate_keys() -> None:
    """Encrypt the second factors of all users with the newest key of DAYBOOK_PHI_KEYS."""
    count = second_factor.rotate(Entry(operator(), "second_factor_rotate", "user"))
    click.echo(f"{count:,} second factors are encrypted with the newest key.")


@tokens_group.command("create")
@click.option("--email", required=True, help="Whose token it is.")
@click.option("--days", default=90, show_default=True, help="How long it is valid, 1 to 365.")
@click.option("--name", default="", help="What it is for.")
@click.option("--read-only", is_flag=True, help="It may change nothing.")
@click.option(
    "--permission", "permissions", multiple=True, help="All it may do; may be repeated. Without: all its user may."
)
@plainly
def create_token(email: str, days: int, name: str, read_only: bool, permissions: tuple[str, ...]) -> None:
    """Create an API token and print it, once."""
    scope = tokens.Scope(not read_only, permissions or None)
    click.echo(tokens.create(email, days, datetime.now(UTC), by=operator(), name=name, scope=scope))


@tokens_group.command("list")
@click.option("--email", required=True, help="Whose tokens.")
@plainly
def list_tokens(email: str) -> None:
    """List the API tokens of a user, without the tokens themselves."""
    for one in tokens.tokens_of(users.find(email)):
        ended = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d}"
        used = f"last used {one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never used"
        click.echo(f"{one.id}  {one.name or '(no name)'}  {ended}  {used}  {one.scope}")


@tokens_group.command("revoke")
@click.argument("number", type=int)
@plainly
def revoke_token(number: int) -> None:
    """Revoke the API token with this number (see list)."""
    entry = Entry(operator(), "token_revoke", "api_token", resource_id=str(number))
    if not tokens.revoke(number, datetime.now(UTC), entry):
        raise UserError(f"There is no token {number} to revoke: see 'tokens list'.")
    click.echo(f"Token {number} is revoked.")


@forecast_group.command("snapshot")
@plainly
def keep_forecasts() -> None:
    """Keep the forecasts of the live build, once for each closed month, and note what came of former ones.

    The worker does it after each publication; by hand it can be repeated at any time.
    """
    try:
        kept = forecast_snapshots.keep(Entry(operator(), "forecast_snapshot", "forecast"))
    except NoBuildError:
        click.echo("Nothing is published yet: there is nothing to forecast from.")
        return
    click.echo(f"Kept {kept.forecasts:,} forecasts; what came of {kept.actuals:,} is noted.")


@case_logs_group.command("forget-drafts")
@plainly
def forget_drafts() -> None:
    """Delete case logs that were uploaded more than a day ago and never imported. The worker does it every hour."""
    try:
        gone = case_log_drafts.forget_everywhere(
            Entry(operator(), "case_log_forget", "case_log_upload"), datetime.now(UTC)
        )
    except NoBuildError:
        gone = 0
    click.echo(f"{gone:,} drafts were deleted.")


@case_logs_group.command("verify")
@plainly
def verify_case_logs() -> None:
    """Set ``verified_in_billing`` of every logged case as the live build has it.

    The worker does it after each publication; by hand it can be repeated at any time.
    """
    try:
        changed = case_verification.refresh_all(Entry(operator(), "case_log_verify", "case_log"))
    except NoBuildError:
        click.echo("Nothing is published yet: there is nothing to compare with.")
        return
    click.echo(f"{changed:,} logged cases changed their mark.")
