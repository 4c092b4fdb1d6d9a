"""Whose work and pay is read: the providers of a caller, found in the live build."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from portal.queries.sql import rows, values

Links = Iterable[tuple[str, str]]
_KEYS = """
    select provider_key
    from dim_providers
    where (cast(:provider_id as text) is null or provider_id = :provider_id)
      and (:everyone or (hospital_id, provider_id) in (
          select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
      ))"""
_LINKED = """
    select hospital_id, provider_id, min(name) as name
    from dim_providers
    where :everyone or (hospital_id, provider_id) in (
        select * from unnest(cast(:hospitals as text[]), cast(:ids as text[]))
    )
    group by hospital_id, provider_id
    order by 3, 1, 2"""
OF_PROVIDERS = "(cast(:providers as uuid[]) is null or {column} = any (cast(:providers as uuid[])))"
"""Condition on a column with keys of providers; ``:providers`` is what ``provider_keys`` returns."""


@dataclass(frozen=True)
class LinkedProvider:
    """A provider whose work and pay may be read."""

    hospital_id: str
    provider_id: str
    name: str


def linked_providers(connection: Connection, links: Links | None) -> list[LinkedProvider]:
    """Return the providers that may be read and that the build knows, by name; ``links`` None is all of them."""
    pairs = list(links or ())
    parameters = {
        "everyone": links is None, "hospitals": [hospital for hospital, _ in pairs], "ids": [name for _, name in pairs],
    }  # fmt: skip
    return rows(connection, _LINKED, parameters, LinkedProvider)


def provider_keys(connection: Connection, links: Links | None, provider_id: str | None = None) -> list[UUID] | None:
    """Return the keys of the providers that may be read, None for all of them.

    Args:
        connection: the build; its row policies leave other hospitals out.
        links: hospital and id of each provider that the caller is linked to; None if the caller may read everyone's.
        provider_id: narrows to the providers with this id; an empty list then says that there is none among them.
    """
    if links is None and provider_id is None:
        return None
    pairs = list(links or ())
    return values(
        connection, _KEYS, provider_id=provider_id, everyone=links is None,
        hospitals=[hospital for hospital, _ in pairs], ids=[name for _, name in pairs],
    )  # fmt: skip


def own_providers(connection: Connection, links: Links | None) -> list[tuple[str, str]]:
    """Return id and name of the providers that a caller with these ``links`` may choose from, by name; None: of all in reach."""
    names: dict[str, list[str]] = {}
    for one in linked_providers(connection, links):
        names.setdefault(one.provider_id, []).append(one.name)
    return sorted(
        ((key, " / ".join(dict.fromkeys(sorted(found)))) for key, found in names.items()),
        key=lambda one: (one[1], one[0]),
    )
