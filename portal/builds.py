"""The live build, seen once per request, and the read-only connection on which its figures are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask, Response, current_app, g
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from portal import formatting
from warehouse import locks

_ENGINE = "daybook_marts"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]*")
# The lock keeps the pipeline from dropping the build while it is read.
_PIN = text("""
  select
    pg_try_advisory_xact_lock_shared(:reader_lock, :build_id),
    set_config('search_path', :schema, true),
    set_config('daybook.build', cast(:build_id as text), true),
    set_config('daybook.hospitals', :hospitals, true)
""")
_HOSPITALS = text("select current_setting('daybook.hospitals')")
_SET_HOSPITALS = text("select set_config('daybook.hospitals', :hospitals, true)")
_SET_EVERYTHING = text("select set_config('daybook.everything', :everything, true)")
_SET_SCOPE = text(
    "select set_config('daybook.hospitals', :hospitals, true), set_config('daybook.everything', :everything, true)"
)
# Between two pieces of a file the transaction idles as long as its reader takes them in.
_PATIENCE = text("set local idle_in_transaction_session_timeout = '10min'")
_NEWEST = text("select build_id, schema_name, instant from ops.builds where state = 'live'")
_LIVE = text("""
  select
    live.build_id, live.run_id, live.schema_name, live.instant, live.published_at,
    (
      select coalesce(jsonb_object_agg(dates.hospital_id, dates.business_date), '{}')
      from ops.business_dates as dates
      where dates.build_id = live.build_id
    ) as business_dates,
    (
      select runs.status
      from ops.etl_process_status as runs
      where runs.status <> 'running' and runs.id > live.run_id
      order by runs.id desc
      limit 1
    ) as later_status,
    clock_timestamp() - make_interval(hours => :hours) > greatest(
      live.instant,
      (
        select max(runs.instant)
        from ops.etl_process_status as runs
        where runs.id > live.run_id and runs.outcome = 'unchanged'
      )
    ) as is_old,
    (select held from ops.publishing) as is_held
  from ops.builds as live
  where live.state = 'live'
""")


class NoBuildError(Exception):
    """Nothing has been published yet."""


@dataclass(frozen=True)
class Build:
    """The build that a request reads.

    Attributes:
        instant: the moment of its run: "data as of".
        business_dates: business date of each hospital.
        stale: whether newer data should have been published by now; ``cause`` says why not.
    """

    build_id: int
    run_id: int
    schema_name: str
    instant: datetime
    published_at: datetime
    business_dates: Mapping[str, date]
    stale: bool
    cause: str | None

    @property
    def stale_reason(self) -> str | None:
        """``warning`` in UTC."""
        return self.warning("UTC")

    def warning(self, timezone: str) -> str | None:
        """Return why the figures are not newer and what is missing from them, in plain words; None if they are fresh."""
        moment = formatting.moment(self.instant, timezone)
        return f"{self.cause} What came after {moment} is not included yet." if self.cause else None

    def business_date(self, hospitals: Iterable[str] = ()) -> date:
        """Return the newest business date of ``hospitals`` (default: of all hospitals of the build)."""
        dates = [self.business_dates[name] for name in hospitals if name in self.business_dates]
        return max(dates or self.business_dates.values(), default=self.instant.date())


def init_app(app: Flask) -> None:
    """Give ``app`` its engine for reading builds; close each request's connection when the request ends."""
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]
    app.extensions[_ENGINE] = create_engine(
        app.config["SQLALCHEMY_DATABASE_URI"], **options | {"hide_parameters": True}
    ).execution_options(postgresql_readonly=True)
    app.teardown_appcontext(_close)


def find_live_build() -> Build | None:
    """Return the live build as this request saw it first; None if nothing was ever published."""
    if "live_build" not in g:
        hours = current_app.config["STALE_AFTER_HOURS"]
        row = reader().execute(_LIVE, {"hours": hours}).mappings().one_or_none()
        g.live_build = _build(dict(row)) if row else None
    return g.live_build


def live_build() -> Build:
    """Return the live build.

    Raises:
        NoBuildError: if nothing was ever published; answered with 503 and a plain sentence.
    """
    build = find_live_build()
    if build is None:
        raise NoBuildError
    return build


def reader() -> Connection:
    """Return this request's read-only connection (role portal), for tables of ``ops`` that are of no hospital."""
    if "reader" not in g:
        engine: Engine = current_app.extensions[_ENGINE]
        g.reader = engine.connect()
        g.reader.begin()
    return g.reader


def scoped() -> Connection:
    """Return the connection of ``reader``, for what ``ops`` and ``portal`` hold of hospitals: the rows of this request's.

    Who sees everything gets also what is of no hospital. Works while nothing is published, too.
    """
    from portal.security import current_hospitals, sees_everything  # the scope itself asks for the live build

    connection = reader()
    if "scoped" not in g:
        scope = {"hospitals": ",".join(current_hospitals()), "everything": "on" if sees_everything() else ""}
        connection.execute(_SET_SCOPE, scope)
        g.scoped = True
    return connection


@contextmanager
def unlimited() -> Iterator[Connection]:
    """Let the connection of ``scoped`` read everything meanwhile, whoever asks: to prove, never to show."""
    connection = scoped()
    before: str = connection.execute(text("select current_setting('daybook.everything')")).scalar_one()
    connection.execute(_SET_EVERYTHING, {"everything": "on"})
    try:
        yield connection
    finally:
        connection.execute(_SET_EVERYTHING, {"everything": before})


def marts() -> Connection:
    """Return the connection on which this request reads figures: the live build's tables, its hospitals' rows.

    One read-only transaction for the whole request. Schema and hospitals are set inside it, from values pinned once:
    a setting that outlives the transaction would leak to the next user of the pooled connection.
    """
    from portal.security import current_hospitals

    connection = scoped()
    if "marts_pinned" not in g:
        pin(connection, live_build().build_id, live_build().schema_name, current_hospitals())
        g.marts_pinned = True
    return connection


@contextmanager
def widened(hospitals: Iterable[str]) -> Iterator[Connection]:
    """Let the connection of ``marts`` read the rows of these hospitals meanwhile, all of them the signed-in user's."""
    connection = marts()
    before: str = connection.execute(_HOSPITALS).scalar_one()
    connection.execute(_SET_HOSPITALS, {"hospitals": ",".join(hospitals)})
    yield connection
    connection.execute(_SET_HOSPITALS, {"hospitals": before})


def pin(connection: Connection, build_id: int, schema: str, hospitals: Iterable[str]) -> None:
    """Let the open transaction of ``connection`` read this build, and the rows of these hospitals, until it ends."""
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"ops.builds names an impossible schema: {schema!r}")
    pins = {"reader_lock": locks.READER, "build_id": build_id, "schema": schema}
    connection.execute(_PIN, pins | {"hospitals": ",".join(hospitals)})


def pin_newest(connection: Connection, hospitals: Iterable[str]) -> tuple[int, datetime]:
    """Let a transaction that writes read the build that is live now. Returns its number and instant.

    Raises:
        NoBuildError: if nothing was ever published.
    """
    row = connection.execute(_NEWEST).one_or_none()
    if row is None:
        raise NoBuildError
    pin(connection, row.build_id, row.schema_name, hospitals)
    return row.build_id, row.instant


def outlive(response: Response) -> Response:
    """Let the connection of this request live until ``response`` is closed: a stream is read after its request ended."""
    connection: Connection | None = g.pop("reader", None)
    for pinned in ("scoped", "marts_pinned"):
        g.pop(pinned, None)
    if connection is not None:
        connection.execute(_PATIENCE)
        response.call_on_close(lambda: _release(connection))
    return response


def _build(row: dict[str, object]) -> Build:
    later, is_old, is_held = row.pop("later_status"), row.pop("is_old"), row.pop("is_held")
    dates = {name: date.fromisoformat(day) for name, day in row.pop("business_dates").items()}  # type: ignore[attr-defined]
    cause = None
    if later == "stopped":
        cause = "The last run was stopped by a check."
    elif later == "failed":
        cause = "The last run failed."
    elif is_held:
        cause = "Publishing is on hold."
    elif is_old:
        cause = "No newer figures were published."
    return Build(**row, business_dates=dates, stale=cause is not None, cause=cause)  # type: ignore[arg-type]


def _close(_: BaseException | None) -> None:
    connection: Connection | None = g.pop("reader", None)
    if connection is not None:
        _release(connection)


def _release(connection: Connection) -> None:
    with suppress(SQLAlchemyError):  # one that died after the last question takes no answer along
        connection.close()
