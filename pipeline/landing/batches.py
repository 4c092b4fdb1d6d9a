"""The fate of a run's batches: accepted when it publishes, refused when it ends otherwise. Nothing here commits."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from pipeline.landing.identities import fields_stage, tokens_stage
from pipeline.landing.versions import supersede
from warehouse.canonical import TABLES

_FORGET = """
delete from phi.patients as p using raw.patients as gone
where gone.batch_id = %(batch)s and gone.is_deleted
  and p.source_name = %(source)s and p.hospital_id = gone.hospital_id and p.patient_id = gone.record_key
"""
_OLD_TOKENS = """
delete from phi.search_tokens as t using {fields} as f
where t.source_name = %(source)s and t.hospital_id = f.hospital_id and t.patient_id = f.patient_id
"""
_REMEMBER = """
insert into phi.patients (source_name, hospital_id, patient_id, batch_id, fields, content_hash, ssn_hash)
select %(source)s, hospital_id, patient_id, %(batch)s, fields, content_hash, ssn_hash from {fields}
on conflict (source_name, hospital_id, patient_id) do update
set batch_id = excluded.batch_id, fields = excluded.fields,
  content_hash = excluded.content_hash, ssn_hash = excluded.ssn_hash
"""
_NEW_TOKENS = """
insert into phi.search_tokens (source_name, hospital_id, patient_id, kind, token)
select %(source)s, f.hospital_id, f.patient_id, t.kind, t.token from {fields} as f join {tokens} as t using (row_id)
on conflict do nothing
"""


def accept(connection: psycopg.Connection[Any], run_id: int) -> None:
    """Accept the landed batches of a run, in the caller's transaction (the one that publishes).

    Versions that theirs replace end (``known_to``), and staged identity reaches ``phi``. Accepting again changes nothing.
    """
    batches = connection.execute(
        "select batch_id, source_name, exists (select from ops.batches as earlier where earlier.state = 'accepted'"
        " and earlier.source_name = b.source_name) from ops.batches as b"
        " where run_id = %s and state = 'landed' order by batch_id for update",
        (run_id,),
    ).fetchall()
    for batch_id, source_name, has_history in batches:
        if has_history:
            _supersede(connection, batch_id, source_name)
        _apply_identity(connection, batch_id, source_name)
    connection.execute(
        "update ops.batches set state = 'accepted', decided_at = clock_timestamp()"
        " where run_id = %s and state = 'landed'",
        (run_id,),
    )


def refuse(connection: psycopg.Connection[Any], run_id: int | None = None) -> None:
    """Refuse the landed batches of a run, or of every run (at the start of a run, what is landed is a dead run's).

    Their versions never count (``known_to = known_from``), staged identity is discarded, quarantine stays. Idempotent.
    """
    batches = connection.execute(
        "update ops.batches set state = 'refused', decided_at = clock_timestamp()"
        " where state = 'landed' and (%(run)s::bigint is null or run_id = %(run)s) returning batch_id",
        {"run": run_id},
    ).fetchall()
    for (batch_id,) in batches:
        for table in TABLES:
            query = "update {} set known_to = known_from where batch_id = %s and known_to is null"
            connection.execute(sql.SQL(query).format(sql.Identifier("raw", table.name)), (batch_id,))
        _drop_identity(connection, batch_id)


def drop_stages(connection: psycopg.Connection[Any]) -> None:
    """Drop every stage but the identity of batches that are neither accepted nor refused yet."""
    landed = connection.execute("select batch_id from ops.batches where state = 'landed'").fetchall()
    kept = [stage(batch_id).as_string() for (batch_id,) in landed for stage in (fields_stage, tokens_stage)]
    names = connection.execute(
        "select relname from pg_class where relnamespace = 'landing'::regnamespace and relkind = 'r'"
    )
    stages = [sql.Identifier("landing", name) for (name,) in names]
    for stage in stages:
        if stage.as_string() not in kept:
            connection.execute(sql.SQL("drop table {}").format(stage))


def _supersede(connection: psycopg.Connection[Any], batch_id: int, source_name: str) -> None:
    changed = connection.execute(
        "select table_name from ops.run_tables where batch_id = %s and rows_new + rows_changed + rows_deleted > 0",
        (batch_id,),
    ).fetchall()
    for table in TABLES:
        if (table.name,) in changed:
            connection.execute(*supersede(batch_id, source_name, table))


def _apply_identity(connection: psycopg.Connection[Any], batch_id: int, source_name: str) -> None:
    values = {"batch": batch_id, "source": source_name}
    connection.execute(_FORGET, values)
    names = {"fields": fields_stage(batch_id), "tokens": tokens_stage(batch_id)}
    staged = connection.execute("select to_regclass(%s) is not null", (names["fields"].as_string(),)).fetchone()
    if staged and staged[0]:
        for query in (_OLD_TOKENS, _REMEMBER, _NEW_TOKENS):
            connection.execute(sql.SQL(query).format(**names), values)
        _drop_identity(connection, batch_id)


def _drop_identity(connection: psycopg.Connection[Any], batch_id: int) -> None:
    query = sql.SQL("drop table if exists {}, {}").format(fields_stage(batch_id), tokens_stage(batch_id))
    connection.execute(query)
