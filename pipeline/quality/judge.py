"""Judging gates with Great Expectations and keeping what they found."""

from __future__ import annotations

import json
import logging
import os
import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pipeline.errors import GateFailedError, WarehouseError
from pipeline.quality.gate import Gate, GateResult
from pipeline.transform import FailedTest
from warehouse.engine import url_for

_KEPT_KEYS = 100


def judge(gates: Sequence[Gate], run_id: int) -> list[GateResult]:
    """Judge every gate, in order, with one ephemeral Great Expectations context.

    Results carry keys and judged numbers only. The queries read committed data, on a connection of their own.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    # It would warn of its own deprecations, and that a generic SQL source serves PostgreSQL (its own one knows no psycopg 3).
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _judge_all(gates, run_id)


def _judge_all(gates: Sequence[Gate], run_id: int) -> list[GateResult]:
    import great_expectations as gx  # takes seconds to import: only a run that judges pays
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.ERROR)  # it sets itself to INFO
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # it would print the traceback of what we tell
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = url_for("etl").render_as_string(hide_password=False)
    source = context.data_sources.add_sql("warehouse", connection_string=url)
    try:
        return [_judge_one(source, gate, run_id) for gate in gates]
    finally:
        source.get_engine().dispose()


def _judge_one(source: Any, gate: Gate, run_id: int) -> GateResult:
    from great_expectations.expectations import core as gxe

    query = (
        f"select * from ({gate.query.format(run_id=int(run_id))}) as judged"  # GX wants a query that begins with SELECT
    )
    asset = source.add_query_asset(name=gate.name, query=query)
    batch = asset.add_batch_definition_whole_table(gate.name).get_batch()
    expectation = gxe.ExpectColumnValuesToBeBetween(
        column=gate.column,
        min_value=None if gate.minimum is None else float(gate.minimum),
        max_value=None if gate.maximum is None else float(gate.maximum),
    )
    outcome = batch.validate(
        expectation,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(gate.keys),
            "return_unexpected_index_query": False,
        },
    )
    trouble = trouble_in(outcome.exception_info)
    if trouble:
        sentence = f"Gate {gate.name} could not be judged: {trouble}. Nothing was published."
        # Great Expectations keeps the message and loses the exception; a server that is gone is no verdict.
        raise WarehouseError(sentence) if "OperationalError" in trouble else GateFailedError(sentence)
    found = outcome.result.get("unexpected_index_list") or []
    failing: tuple[dict[str, object], ...] = tuple({k: str(v) for k, v in entry.items()} for entry in found)
    return GateResult(gate, bool(outcome.success), int(outcome.result.get("element_count") or 0), failing)


def trouble_in(info: Any) -> str | None:
    """Return what went wrong inside Great Expectations: it reports one exception, or one for each metric, and says 'failed'."""
    candidates = [info, *info.values()] if isinstance(info, dict) else []
    for each in candidates:
        if isinstance(each, dict) and each.get("raised_exception"):
            # The message of an SQL error goes on with its traceback, and with where to read about it.
            said = re.split(r'\(Background on this error|\.? Traceback: "', str(each.get("exception_message")))[0]
            return " ".join(said.split())[:500].rstrip(' ."?')
    return None


def keep(
    connection: psycopg.Connection[Any],
    run_id: int,
    stage: Literal["landed", "candidate"],
    results: Iterable[GateResult],
    accepted: Mapping[str, str],
) -> None:
    """Store results in ``ops.gate_results``, a row for each gate; ``accepted`` are those let past, with the reason."""
    for result in results:
        gate = result.gate
        limits = {"minimum": _text(gate.minimum), "maximum": _text(gate.maximum)}
        keys = list(result.failing[:_KEPT_KEYS])
        connection.execute(
            "insert into ops.gate_results (run_id, stage, gate, severity, passed, observed, threshold, failing_keys,"
            " message, hospital_id, accepted_reason) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                run_id, stage, gate.name, gate.severity, result.passed,
                json.dumps({"checked": result.checked, "failing": len(result.failing)}), json.dumps(limits),
                json.dumps(keys), result.text if not result.passed else f"{gate.name}: passed", _only_hospital(result),
                accepted.get(gate.name),
            ],
        )  # fmt: skip


def keep_failed_tests(connection: psycopg.Connection[Any], run_id: int, failed: Iterable[FailedTest]) -> None:
    """Store failed dbt tests as results of the candidate's gate ``dbt_test``, those of keys with the failing keys."""
    for test in failed:
        connection.execute(
            "insert into ops.gate_results (run_id, stage, gate, table_name, passed, observed, failing_keys, message)"
            " values (%s, 'candidate', %s, %s, false, %s, %s, %s)",
            [
                run_id, f"dbt:{test.name}"[:200], test.model, json.dumps({"failures": test.failures}),
                json.dumps(_failing(connection, test.keys) if test.keys else []), test.message,
            ],
        )  # fmt: skip


def _failing(connection: psycopg.Connection[Any], query: str) -> list[dict[str, str]]:
    kept = sql.SQL("select * from ({}) as failing order by 1, 2 limit {}").format(sql.SQL(query), _KEPT_KEYS)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(kept).fetchall()
    return [{name: str(value) for name, value in row.items() if value is not None} for row in rows]


def halting(results: Iterable[GateResult], accepted: Collection[str] = ()) -> list[GateResult]:
    """Return the results that halt the run: failed, not a warning, and not accepted for this batch."""
    return [
        result
        for result in results
        if not result.passed
        and result.gate.severity == "error"
        and not (result.gate.acceptable and result.gate.name in accepted)
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _only_hospital(result: GateResult) -> str | None:
    hospitals = {str(entry["hospital_id"]) for entry in result.failing if "hospital_id" in entry}
    return hospitals.pop() if len(hospitals) == 1 else None
