"""One run as prose: read → land → gate → build → gate → publish → tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg

from pipeline import acceptance, alerts, builds, landing, publish, transform
from pipeline.context import RunContext
from pipeline.disk import check_space
from pipeline.errors import DaybookError, GateFailedError, warehouse_error
from pipeline.landing import TableCount
from pipeline.lock import run_lock
from pipeline.quality.candidate import candidate_gates
from pipeline.quality.gate import Gate, GateResult
from pipeline.quality.identity import look
from pipeline.quality.judge import halting, judge, keep, keep_failed_tests
from pipeline.quality.landed import landed_gates
from pipeline.run_log import Observer, RunLog
from pipeline.settings import SourceConfig, history_days, thresholds
from pipeline.sources import MappedSource, open_source
from warehouse.backup.create import create
from warehouse.backup.errors import BackupError
from warehouse.engine import connect, scalar
from warehouse.settings import load_secrets

_KILLED = "The run ended without a word: it was killed, or its machine stopped."


@dataclass(frozen=True)
class RunOrder:
    """What a run is asked to do.

    Attributes:
        sources: where to read.
        instant: the one moment of the run, with time zone.
        business_date: the same for every hospital, or None for each one's own at ``instant``.
        run_id: given when a person asked for the run in the portal.
    """

    sources: Sequence[SourceConfig]
    instant: datetime
    business_date: date | None = None
    run_id: int | None = None


@dataclass(frozen=True)
class RunReport:
    """How a run ended: ``outcome`` is published, unchanged or held."""

    run_id: int
    outcome: str
    build_id: int | None
    tables: tuple[TableCount, ...]
    rejected: int = field(default=0)


def execute(order: RunOrder, observer: Observer | None = None) -> RunReport:
    """Carry out one run and return how it ended.

    Raises:
        BusyError: another run is in progress.
        GateFailedError: a gate halted the run; the live build stays, administrators are told.
        DaybookError: the run failed; the live build stays, administrators are told.
    """
    try:
        with run_lock() as connection:
            clear_dead_runs(connection)
            return _logged(connection, order, observer)
    except psycopg.Error as error:
        failure = warehouse_error(error)
        if error.sqlstate is None:
            alerts.tell_without_database(str(failure))
        raise failure from error


def clear_dead_runs(connection: psycopg.Connection[Any]) -> None:
    """Close what killed runs left: their rows, batches, builds and stages. Needs the run lock."""
    connection.execute(
        "update ops.run_stages s set status = 'failed', finished_at = clock_timestamp()"
        " from ops.etl_process_status r where r.id = s.run_id and r.status = 'running' and s.status = 'running'"
    )
    dead = connection.execute(
        "update ops.etl_process_status set status = 'failed', outcome = 'killed', completed_at = clock_timestamp(),"
        " error_message = %s where status = 'running' returning id",
        [_KILLED],
    ).fetchall()
    with connection.transaction():
        landing.refuse(connection)
        landing.drop_stages(connection)
        builds.refuse_unpublished(connection)
    builds.drop_unread(connection)
    for (run_id,) in dead:
        alerts.failed(connection, run_id, _KILLED, gate=False)


def _logged(lock: psycopg.Connection[Any], order: RunOrder, observer: Observer | None) -> RunReport:
    run = RunContext(order.run_id or _next_run_id(lock), order.instant, order.business_date)
    log = RunLog(run.run_id, run.instant, observer)
    try:
        log.open([{"name": s.name, "mapping": s.mapping} for s in order.sources])
        try:
            report = _stages(lock, run, order.sources, log)
        except Exception as error:
            _give_up(lock, run, log, error)
            raise
        alerts.recovered(lock, run.run_id)
        return report
    finally:
        log.close()


def _stages(lock: psycopg.Connection[Any], run: RunContext, configs: Sequence[SourceConfig], log: RunLog) -> RunReport:
    days = history_days()
    check_space(lock)
    with log.stage("read") as detail:
        sources = [open_source(c.name, c.location, c.mapping) for c in configs]
        detail["sources"] = [source.describe() for source in sources]
    if _is_bulk_import(lock, configs):
        with log.stage("backup") as detail:
            detail["file"] = _back_up(run)
    with log.stage("land") as detail:
        tables = _land(run, sources, log)
        detail["rows"] = records = sum(table.rows_read for table in tables)
        detail["rejected"] = rejected = sum(table.rows_quarantined for table in tables)
    with log.stage("gate-landed"):
        _pass_gates(lock, run, "landed", landed_gates(thresholds()))
    given = builds.inputs(lock, run, days)
    mark = builds.fingerprint(lock, run, given)
    if not any(table.changed for table in tables) and builds.newest_fingerprint(lock) == mark:
        with lock.transaction():
            landing.accept(lock, run.run_id)
        log.finish("completed", "unchanged", 0, records=records)
        return RunReport(run.run_id, "unchanged", None, tuple(tables), rejected)
    with log.stage("build") as detail:
        build = builds.begin(lock, run, given, mark)
        result = transform.build_candidate(lambda node, status: log.tell("node", node=node, status=status))
        detail.update(models=result.models, tests=result.tests, failed=len(result.failed))
    with log.stage("gate-candidate"):
        keep_failed_tests(lock, run.run_id, result.failed)
        if result.failed:
            names = ", ".join(test.name for test in result.failed[:3])
            raise GateFailedError(f"{len(result.failed)} dbt tests failed ({names}); nothing was published.")
        _pass_gates(lock, run, "candidate", candidate_gates(thresholds(), look(lock)))
    with log.stage("publish") as detail:
        detail["build"] = build.build_id
        if publish.is_held(lock):
            _discard(lock, run)
            log.finish("completed", "held", 0, records=records)
            return RunReport(run.run_id, "held", None, tuple(tables), rejected)
        builds.make_ready(lock, build)
        publish.publish(lock, build, run.run_id, records)
    return RunReport(run.run_id, "published", build.build_id, tuple(tables), rejected)


def _is_bulk_import(lock: psycopg.Connection[Any], configs: Sequence[SourceConfig]) -> bool:
    """Return whether a source delivers for the first time to a warehouse that is in use."""
    query = (
        "select exists (select from ops.builds where state = 'live') and exists (select from unnest(%s::text[]) as s (name)"
        " where not exists (select from ops.batches as b where b.source_name = s.name and b.state = 'accepted'))"
    )
    return bool(scalar(lock, query, [[config.name for config in configs]]))


def _back_up(run: RunContext) -> str:
    try:
        return create("before-import", run.instant)[0].name
    except BackupError as error:
        raise DaybookError(f"No backup could be made before the import: {error} Nothing was read in.") from error


def _land(run: RunContext, sources: Sequence[MappedSource], log: RunLog) -> list[TableCount]:
    keys = load_secrets()
    tables: list[TableCount] = []
    with connect("etl") as connection:  # one transaction: a kill leaves nothing of it
        for source in sources:
            with source:
                tables += landing.land_source(
                    connection, source, run, keys,
                    progress=lambda name, table, rows: log.tell("rows", source=name, table=table, rows=rows),
                )  # fmt: skip
    return tables


def _pass_gates(lock: psycopg.Connection[Any], run: RunContext, stage: Any, gates: list[Gate]) -> None:
    results = judge(gates, run.run_id)
    accepted = acceptance.covered(lock, results)
    keep(lock, run.run_id, stage, results, accepted)
    failed = halting(results, accepted)
    if failed:
        raise GateFailedError(" ".join(_sentence(result) for result in failed) + " Nothing was published.")


def _sentence(result: GateResult) -> str:
    # Hospitals stay out of it: the sentence is shown to administrators of other hospitals too.
    named = {
        " ".join(str(entry[key]) for key in ("source_name", "table_name") if key in entry) for entry in result.failing
    }
    where = f" [{', '.join(sorted(named)[:3])}]" if any(named) else ""
    return f"Gate {result.gate.name}: {result.text}{where}"


def _give_up(lock: psycopg.Connection[Any], run: RunContext, log: RunLog, error: Exception) -> None:
    gate = isinstance(error, GateFailedError)
    known = warehouse_error(error) if isinstance(error, psycopg.Error) else error
    message = str(known) if isinstance(known, DaybookError) else f"{type(error).__name__}: see the log of the run."
    try:
        log.finish("stopped" if gate else "failed", "gate" if gate else "error", 3 if gate else 1, message)
        _discard(lock, run)
        alerts.failed(lock, run.run_id, message, gate=gate)
    except psycopg.OperationalError:
        alerts.tell_without_database(message)


def _discard(lock: psycopg.Connection[Any], run: RunContext) -> None:
    with lock.transaction():
        landing.refuse(lock, run.run_id)
        landing.drop_stages(lock)
        builds.refuse_unpublished(lock)


def _next_run_id(connection: psycopg.Connection[Any]) -> int:
    return int(scalar(connection, "select nextval('ops.run_id_seq')"))
