"""Portal and worker for a configured database, or for the embedded one where DATABASE_URL is not set."""

from __future__ import annotations

import os

import click

from scripts import session
from warehouse import embedded, migrate
from warehouse.engine import url_for
from warehouse.settings import home


@click.command(help=__doc__)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; put a TLS proxy in front of it."
)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def main(host: str, port: int) -> None:
    """Migrate, start, and stay until stopped."""
    session.run_as_command(lambda: _serve(host, port))


def _serve(host: str, port: int) -> None:
    own_database = not os.environ.get("DATABASE_URL")
    os.environ["DAYBOOK_HOME"] = str(home())
    session.require_port(host, port)
    with session.sole_use(home()), session.session(dict(os.environ), own_database) as supervisor:
        if own_database:
            session.require_space(home())
            embedded.start()
        for role in ("etl", "portal"):
            url_for(role)  # refused before anything is touched
        migrate.upgrade()
        address = session.start_portal(supervisor, host, port)
        print(f"Daybook serves {address}. Ctrl-C stops it.", flush=True)
        supervisor.watch()


if __name__ == "__main__":
    main()
