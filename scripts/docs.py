"""Write the documentation of every model and column, and show it on 127.0.0.1.

It is one page that dbt makes: models, columns, tests, lineage, and the pages that read them. It loads nothing from outside.
"""

from __future__ import annotations

import os
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from pipeline.errors import DaybookError
from pipeline.transform import write_docs
from scripts import session
from warehouse import embedded, migrate
from warehouse.settings import home

HOST = "127.0.0.1"
# dbt's page is one file of scripts and styles that it runs itself. It would fetch a tracker if a project allowed it.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src 'self' data:;"
    " font-src data:"
)


@click.command(help=__doc__)
@click.option("--port", type=click.IntRange(1, 65535), default=8081, show_default=True)
@click.option("--write-only", is_flag=True, help="Say where the page is instead of showing it.")
@click.option("--open/--no-open", "opens", default=True, help="Open it in a browser, if there is one.")
def main(port: int, write_only: bool, opens: bool) -> None:
    """Write the page, then serve it until stopped."""
    session.run_as_command(lambda: _run(port, write_only, opens))


def _run(port: int, write_only: bool, opens: bool) -> None:
    os.environ["DAYBOOK_HOME"] = str(home())
    if not write_only:
        session.require_port(HOST, port)
    try:
        page = write_page(home() / "docs")
    except DaybookError as error:
        raise session.SetupError(str(error)) from error
    if write_only:
        print(f"The documentation is in {page}.")
        return
    with server(page, port) as http:
        address = f"http://{HOST}:{http.server_port}"
        print(f"The documentation is on {address}. Ctrl-C stops it.", flush=True)
        if opens:
            webbrowser.open(address)
        http.serve_forever()


def write_page(folder: Path) -> Path:
    """Write the documentation into ``folder`` and return its page.

    Without ``DATABASE_URL`` the embedded database is used, and started for the time it takes if it is not running.
    """
    if os.environ.get("DATABASE_URL") or embedded.is_running():
        return seal(write_docs(folder))
    with session.sole_use(home()):
        embedded.start()
        try:
            migrate.upgrade()
            return seal(write_docs(folder))
        finally:
            embedded.stop()


def seal(page: Path) -> Path:
    """Forbid ``page`` in its own head to load anything, wherever it is opened; return it."""
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">', 1),
        encoding="utf-8",
    )
    return page


def server(page: Path, port: int) -> ThreadingHTTPServer:
    """Return a server on 127.0.0.1 that gives ``page`` at ``/`` and nothing else; port 0 takes a free one."""
    body = page.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        """Answers with the page."""

        def do_GET(self) -> None:
            """Give the page."""
            if self.path.partition("?")[0] != "/":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay quiet: what is read here is nobody's business."""

    return ThreadingHTTPServer((HOST, port), Handler)


if __name__ == "__main__":
    main()
