"""The API's reference, for people: drawn from the same document as ``/api/v1/openapi.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from portal.api.v1.openapi import describe
from portal.security import signed_in

blueprint = Blueprint("reference", __name__)


@dataclass(frozen=True)
class Operation:
    """One endpoint as the reference shows it."""

    method: str
    path: str
    summary: str
    description: str
    permission: str
    parameters: list[dict[str, Any]]


@blueprint.get("/staff/api")
@signed_in
def index() -> str:
    """Show every endpoint with its parameters and the permission that it wants."""
    return render_template("reference.html", operations=_operations())


def _operations() -> list[Operation]:
    return [
        Operation(
            method=method.upper(),
            path=path,
            summary=about["summary"],
            description=about["description"],
            permission=", ".join(about["x-permissions"]) or "none but to be signed in",
            parameters=about["parameters"],
        )
        for path, methods in sorted(describe()["paths"].items())
        for method, about in methods.items()
    ]
