"""The envelope of every answer: data with the build it comes from, or an error that names what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Response, g, jsonify

from portal import builds


@dataclass(frozen=True)
class Pagination:
    """Which part of a list is answered. ``page`` counts from 1."""

    page: int
    limit: int
    total: int

    def as_json(self) -> dict[str, int]:
        """Return the envelope's ``pagination``."""
        return {
            "page": self.page, "limit": self.limit, "total": self.total, "totalPages": ceil(self.total / self.limit),
        }  # fmt: skip


def ok(data: Any, pagination: Pagination | None = None, status: int = 200, **meta: Any) -> Response:
    """Return a successful answer.

    Args:
        data: what the endpoint's ``data`` is; money already as text (``portal.formatting.amount``).
        pagination: for lists.
        status: 200, 201 or 202.
        meta: more entries of ``meta`` or other values for ``currency`` and ``filters``, in camelCase.
    """
    body: dict[str, Any] = {"success": True, "data": data, "meta": _meta() | meta}
    if pagination:
        body["pagination"] = pagination.as_json()
    response = jsonify(body)
    response.status_code = status
    return response


def failure(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> Response:
    """Return an error; ``fields`` maps names of parameters to what is wrong with them."""
    response = jsonify(success=False, error={"code": code, "message": message, "fields": fields or {}})
    response.status_code = status
    return response


def _meta() -> dict[str, Any]:
    build = builds.find_live_build()
    filters = g.get("api_filters", {})
    return {
        "buildId": build.build_id if build else None,
        "businessDate": build.business_date(g.get("hospitals", ())) if build else None,
        "dataAsOf": build.instant if build else None,
        "stale": build.stale if build else True,
        "staleReason": build.stale_reason if build else "Nothing has been published yet.",
        "currency": None,
        "filters": filters,
    }
