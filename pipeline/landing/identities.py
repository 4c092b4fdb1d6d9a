"""Identity columns on their way to ``phi``: compared by keyed hash, encrypted where new, staged until accepted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from psycopg import sql

from pipeline.landing.delivery import Delivery, copy_rows
from pipeline.landing.values import Mask
from warehouse import identity
from warehouse.canonical import BY_NAME
from warehouse.settings import Secrets

IDENTITY = tuple(column.name for column in BY_NAME["patients"].columns if column.identity)
_STORED = """
select hospital_id, patient_id, content_hash from phi.patients
where source_name = %(source)s and hospital_id = any(%(hospitals)s) and patient_id = any(%(patients)s)
"""


def fields_stage(batch_id: int) -> sql.Identifier:
    """Return the stage of a batch's encrypted identity."""
    return sql.Identifier("landing", f"phi_fields_{batch_id}")


def tokens_stage(batch_id: int) -> sql.Identifier:
    """Return the stage of a batch's search tokens."""
    return sql.Identifier("landing", f"phi_tokens_{batch_id}")


class IdentityStage:
    """Stages of one batch: hashes and ciphertext only, of identity that differs from what is stored."""

    def __init__(self, delivery: Delivery, keys: Secrets) -> None:
        """Create the stages."""
        self._delivery = delivery
        self._keys = keys
        names = {"fields": fields_stage(delivery.batch_id), "tokens": tokens_stage(delivery.batch_id)}
        delivery.execute("drop table if exists {fields}, {tokens}", names)
        delivery.execute(
            'create table {fields} (row_id bigint, hospital_id text collate "C", patient_id text collate "C",'
            " fields bytea, content_hash bytea, ssn_hash bytea)",
            names,
        )
        delivery.execute("create table {tokens} (row_id bigint, kind text, token bytea)", names)

    def add(self, rows: pa.Table, columns: dict[str, pa.Array], good: Mask) -> pa.Table:
        """Stage the identity of a chunk's good rows.

        Args:
            rows: the chunk as it goes to the stage of ``patients``.
            columns: its typed columns, identity among them.
            good: rows that land.

        Returns:
            ``rows`` with ``identity_hash``, so that two rows that differ only in identity do not pass for the same.
        """
        places = np.flatnonzero(good)
        people = _people(columns, good)
        hashes = [identity.content_hash(person, self._keys.search_key) for person in people]
        shown: list[str | None] = [None] * rows.num_rows
        for place, content in zip(places, hashes, strict=True):
            shown[place] = _hex(content)
        chosen = rows.take(pa.array(places))
        ids = list(zip(chosen["hospital_id"].to_pylist(), chosen["patient_id"].to_pylist(), strict=True))
        stored = self._stored(ids)
        fields: list[dict[str, Any]] = []
        tokens: list[dict[str, Any]] = []
        for row_id, key, person, content in zip(chosen["row_id"].to_pylist(), ids, people, hashes, strict=True):
            if stored.get(key) == content:
                continue
            fields.append(self._encrypted(row_id, key, person, content))
            found = identity.tokens_for(person, self._keys.search_key)
            tokens += [{"row_id": row_id, "kind": kind, "token": _hex(token)} for kind, token in found]
        connection = self._delivery.connection
        if fields:
            copy_rows(connection, fields_stage(self._delivery.batch_id), pa.Table.from_pylist(fields, _FIELDS))
        if tokens:
            copy_rows(connection, tokens_stage(self._delivery.batch_id), pa.Table.from_pylist(tokens))
        return rows.append_column("identity_hash", pa.array(shown, pa.large_string()))

    def _stored(self, ids: list[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        if not ids:
            return {}
        hospitals = sorted({hospital for hospital, _ in ids})
        rows = self._delivery.execute(_STORED, hospitals=hospitals, patients=[patient for _, patient in ids])
        return {(row[0], row[1]): bytes(row[2]) for row in rows}

    def _encrypted(
        self, row_id: int, key: tuple[str, str], person: dict[str, str | None], content: bytes
    ) -> dict[str, Any]:
        ssn = identity.ssn_hash(person["ssn"], self._keys.search_key)
        return {
            "row_id": row_id,
            "hospital_id": key[0],
            "patient_id": key[1],
            "fields": _hex(identity.encrypt(person, self._keys.phi_keys)),
            "content_hash": _hex(content),
            "ssn_hash": _hex(ssn) if ssn else None,
        }

    def keep_landed(self) -> None:
        """Forget the identity of rows that did not stay in the stage of ``patients``."""
        names = {"fields": fields_stage(self._delivery.batch_id), "tokens": tokens_stage(self._delivery.batch_id)}
        for stage in ("fields", "tokens"):
            self._delivery.execute(
                "delete from {" + stage + "} as p where not exists"
                " (select from landing.patients as s where s.row_id = p.row_id)",
                names,
            )
            self._delivery.execute("analyze {" + stage + "}", names)


_FIELDS = pa.schema(
    [
        ("row_id", pa.int64()),
        ("hospital_id", pa.large_string()),
        ("patient_id", pa.large_string()),
        ("fields", pa.large_string()),
        ("content_hash", pa.large_string()),
        ("ssn_hash", pa.large_string()),
    ]
)


def _people(columns: dict[str, pa.Array], good: Mask) -> list[dict[str, str | None]]:
    chosen = pa.array(good)
    texts = [columns[name].filter(chosen).cast(pa.large_string()).to_pylist() for name in IDENTITY]
    return [dict(zip(IDENTITY, values, strict=True)) for values in zip(*texts, strict=True)]


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()
