"""What goes to a database on another machine goes encrypted."""

from __future__ import annotations

import re

from sqlalchemy import URL

from warehouse.settings import SettingsError, is_production

_ENCRYPTED = ("require", "verify-ca", "verify-full")
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}", re.ASCII)


def is_here(url: URL) -> bool:
    """Return whether every host of ``url`` is this machine: a loopback address or a socket."""
    named = url.query.get("host", url.host or "")
    hosts = [host for text in ((named,) if isinstance(named, str) else named) for host in text.split(",")]
    return all(_is_local(host) for host in hosts)


def encrypted(url: URL, name: str) -> URL:
    """Return a PostgreSQL URL so that what goes to another machine is encrypted: ``sslmode=require`` where it does not say.

    Args:
        url: the address.
        name: what it is called in messages: a setting, or a source.

    Raises:
        SettingsError: in production, if it says that less will do.
    """
    mode = url.query.get("sslmode")
    if mode in _ENCRYPTED or is_here(url):
        return url
    if mode is None:
        return url.update_query_dict({"sslmode": "require"})
    if is_production():
        raise SettingsError(
            f"{name} says sslmode={mode} and the database is on another machine: write sslmode=verify-full, or"
            " require where its certificate cannot be checked."
        )
    return url


def _is_local(host: str) -> bool:
    return host in ("", "localhost", "::1") or host.startswith(("/", "@")) or bool(_LOOPBACK.fullmatch(host))
