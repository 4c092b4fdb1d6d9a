"""The API's reference, for people: drawn from the same document as ``/api/v1/openapi.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template

from portal.api.v1.openapi import describe
from portal.security import demands, signed_in

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
    wanted = {
        (method, rule.rule.replace("<int:", "<").replace("<", "{").replace(">", "}")): demands(
            current_app, rule.endpoint
        )
        for rule in current_app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    return [
        Operation(
            method=method.upper(),
            path=path,
            summary=about["summary"],
            description=about["description"],
            permission=", ".join(wanted.get((method.upper(), path), ())),
            parameters=about["parameters"],
        )
        for path, methods in sorted(describe()["paths"].items())
        for method, about in methods.items()
    ]
