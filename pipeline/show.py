"""What the commands print: bars and tables on a terminal, one JSON object a line under cron."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from pipeline.run_log import Observer
from warehouse.reasons import REASONS

if TYPE_CHECKING:
    from pipeline.landing import TableCount

_STAGES = ("read", "backup", "land", "gate-landed", "build", "gate-candidate", "publish")
_ENDINGS = {
    "unchanged": "Nothing changed: same input and same business dates as the live build, so nothing was built.",
    "held": "Everything passed, but publishing is held: the live build stays. Release with: python etl.py release",
}


def error(message: str) -> None:
    """Print a failure: one sentence on stderr."""
    message = message.encode("utf-8", "backslashreplace").decode()  # names of files are not always UTF-8
    if sys.stderr.isatty():
        Console(stderr=True).print(f"[bold red]etl.py:[/] {escape(message)}", highlight=False, soft_wrap=True)
    else:
        sys.stderr.write(f"etl.py: {message}\n")


@contextmanager
def progress() -> Iterator[Observer]:
    """Yield an observer that shows the run: bars on a terminal, structured lines otherwise."""
    if not sys.stderr.isatty():
        log = structlog.get_logger("daybook.run")
        yield lambda event, detail: None if event == "node" else log.info(event, **detail)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("start", total=len(_STAGES), note="")

        def observe(event: str, detail: dict[str, Any]) -> None:
            if event == "stage":
                stage = detail["stage"]
                done = _STAGES.index(stage) if stage in _STAGES else 0
                bars.update(task, description=stage, completed=done, note="")
            elif event == "rows":
                bars.update(task, note=f"{detail['table']}: {detail['rows']:,} rows")
            else:
                bars.update(task, note=str(detail.get("node", "")))

        yield observe
        bars.update(task, completed=len(_STAGES), description="done")


def report(result: Any) -> None:
    """Print how a run ended and what became of every row: read = landed + quarantined + duplicates."""
    _counts(result.tables)
    if result.outcome == "published":
        click_line = f"Run {result.run_id}: build {result.build_id} is published."
    else:
        click_line = f"Run {result.run_id}: {_ENDINGS[result.outcome]}"
    print(click_line)


def validation(result: Any) -> None:
    """Print what a run would read, land and reject."""
    from pipeline.sources.batch import listing  # brings pandas, which most commands do without

    for source in result.sources:
        print(f"Source {source.get('name')}: {source.get('location')}")
    for view in result.previews:
        print(f"{view.table} from {', '.join(view.files) or 'the mapping'}:")
        print("  " + "; ".join(f"{column} = {origin}" for column, origin in view.columns.items()))
        if view.left_out:
            print(f"  left out: {listing(view.left_out, 40)}")
    _counts(result.tables)
    if not result.rejects:
        print("No row would be rejected.")
    for reject in result.rejects:
        what = ", ".join(reject.reasons) + (f" ({', '.join(reject.columns)})" if reject.columns else "")
        print(f"{reject.table}: {reject.rows:,} rejected, {reject.amount:,.2f}: {what}; first at {reject.first}")
        for reason in reject.reasons:
            print(f"  {reason}: {REASONS[reason]}")
        for column, looks in reject.looks.items():
            print(f"  {column} looks like {', '.join(looks)}")
    for (_, table, reason), lines in result.unreadable.items():
        print(f"{table}: {lines:,} unreadable: {reason}")
    _withheld(result.tables)
    print("Nothing was written.")


def _withheld(tables: Sequence[TableCount]) -> None:
    for count in tables:
        for column, rows in count.withheld.items():
            print(f"{count.table_name}: {rows:,} rows have words in {column} that are no code: they would not land.")
            print("  `values` in the mapping can say what they stand for")


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; where it does not fit, words go on in the next line and nothing is cut off."""
    shown = Table(*(Column(name, overflow="fold") for name in names))
    for row in rows:
        shown.add_row(*(escape(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else 200).print(shown)


def status(found: dict[str, Any], *, as_json: bool) -> None:
    """Print runs and builds."""
    if as_json:
        print(json.dumps(found, default=str, indent=1))
        return
    publishing = found["publishing"]
    print(f"A run is {'in progress' if found['running'] else 'not in progress'}.")
    if publishing["held"]:
        print(
            f"Publishing is held by {publishing['held_by']} since {publishing['held_at']:%Y-%m-%d %H:%M}: {publishing['reason']}."
        )
    for build in found["builds"]:
        print(f"Build {build['build']} is {build['state']}, published {build['published_at']:%Y-%m-%d %H:%M %Z}.")
    mails = found["mails"]
    if mails["waiting"] or mails["given_up"]:
        why = f" The newest of them: {mails['newest_error']}." if mails["newest_error"] else ""
        print(f"Mails: {mails['waiting']:,} wait, {mails['given_up']:,} were given up in the last 30 days.{why}")
    table = Table("run", "status", "outcome", "started", "records", "error")
    for run in found["runs"]:
        started = f"{run['started_at']:%Y-%m-%d %H:%M}"
        table.add_row(
            str(run["run"]),
            run["status"],
            run["outcome"] or run["stage"],
            started,
            f"{run['records']:,}",
            escape(run["error"] or ""),
        )
    Console().print(table)


def _counts(tables: Sequence[TableCount]) -> None:
    names = (
        "source",
        "table",
        "read",
        "landed",
        "quarantined",
        "duplicate",
        "new",
        "changed",
        "deleted",
        "read amount",
    )
    table = Table(*names)
    for count in tables:
        numbers = (
            count.rows_read, count.rows_landed, count.rows_quarantined, count.rows_duplicate, count.rows_new,
            count.rows_changed, count.rows_deleted,
        )  # fmt: skip
        table.add_row(count.source_name, count.table_name, *(f"{n:,}" for n in numbers), f"{count.amount_read:,.2f}")
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    read, landed = sum(c.rows_read for c in tables), sum(c.rows_landed for c in tables)
    bad, twice = sum(c.rows_quarantined for c in tables), sum(c.rows_duplicate for c in tables)
    print(f"Rows: {read:,} read = {landed:,} landed + {bad:,} quarantined + {twice:,} duplicates.")
    amounts = [
        sum(getattr(c, f"amount_{kind}") for c in tables) for kind in ("read", "landed", "quarantined", "duplicate")
    ]
    unread = sum(c.rows_unread for c in tables)
    if unread:
        print(f"Unchanged since the last accepted run, and therefore not read: {unread:,} rows.")
    print("Money: {:,.2f} read = {:,.2f} landed + {:,.2f} quarantined + {:,.2f} duplicates.".format(*amounts))
    if nowhere := sum(c.rows_unreadable_amount for c in tables):
        print(f"The amount of {nowhere:,} rows cannot be read; it is in none of these sums.")


def log_to_stderr() -> None:
    """Send log lines to stderr: JSON for programs, words on a terminal. What a command prints stays clean."""
    shown = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shown,
        ],
        # Looked up for each line: a caller that redirects stderr later gets the lines there.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
