"""Rotating the keys of identity: encrypted anew with the first key of the ring, searched anew with the search key.

So is what people wrote or sent that may name somebody: case logs, their names and notes.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from warehouse import identity
from warehouse.settings import Secrets

_PATIENTS = 1000
_READ = "select source_name, hospital_id, patient_id, fields from phi.patients"
_ENCRYPTED = """
update phi.patients as p set fields = n.fields
from unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) as n (source_name, hospital_id, patient_id, fields)
where p.source_name = n.source_name and p.hospital_id = n.hospital_id and p.patient_id = n.patient_id
"""
_SEALED = (
    ("portal.case_log_uploads", ("file_name", "content", "layout")),
    ("portal.user_case_log", ("notes",)),
    ("portal.dispute_steps", ("note",)),
    ("portal.follow_ups", ("note",)),
)
_TOKENS = """
insert into phi.search_tokens (source_name, hospital_id, patient_id, kind, token)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
"""


def rotate(connection: psycopg.Connection[Any], keys: Secrets) -> int:
    """Encrypt every patient's identity with the newest key, and make the search tokens anew. Within the caller's transaction.

    The hash by which unchanged identity is recognised needs the social security number, which is not stored: after a
    change of the search key, the next delivery that names a patient writes it.

    Args:
        connection: as ``etl``, with the run lock held elsewhere.
        keys: the installation's, the retired ones still on the ring.

    Returns:
        How many patients there are.

    Raises:
        IdentityKeyError: if a key is missing that something was encrypted with.
    """
    count = 0
    connection.execute("delete from phi.search_tokens")
    with connection.cursor(name="daybook_rekey") as reading:
        reading.execute(_READ)
        while rows := reading.fetchmany(_PATIENTS):
            _renew(connection, keys, rows)
            count += len(rows)
    return count


def reseal(connection: psycopg.Connection[Any], keys: Secrets) -> int:
    """Encrypt every case log and note anew with the newest key. Within the caller's transaction.

    Args:
        connection: as the owner, whom no row policy keeps from a hospital's rows.
        keys: the installation's, the retired ones still on the ring.

    Returns:
        How many texts there are.

    Raises:
        IdentityKeyError: if a key is missing that something was encrypted with.
    """
    count = 0
    for table, columns in _SEALED:
        for column in columns:
            names = {"table": sql.Identifier(*table.split(".")), "column": sql.Identifier(column)}
            reading = sql.SQL("select id, {column} from {table} where {column} is not null for update").format(**names)
            writing = sql.SQL("update {table} set {column} = %s where id = %s").format(**names)
            for number, sealed in connection.execute(reading).fetchall():
                renewed = identity.seal(identity.unseal(sealed, keys.phi_keys), keys.phi_keys)
                connection.execute(writing, [renewed, number])
                count += 1
    return count


def _renew(connection: psycopg.Connection[Any], keys: Secrets, rows: list[tuple[Any, ...]]) -> None:
    patients, tokens = [], []
    for *place, blob in rows:
        fields = identity.decrypt(blob, keys.phi_keys)
        patients.append((*place, identity.encrypt(fields, keys.phi_keys)))
        tokens += [(*place, kind, token) for kind, token in sorted(identity.tokens_for(fields, keys.search_key))]
    connection.execute(_ENCRYPTED, [list(column) for column in zip(*patients, strict=True)])
    if tokens:
        connection.execute(_TOKENS, [list(column) for column in zip(*tokens, strict=True)])
