"""The API's description, generated from its code."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from portal.api.v1.schema import spec
from portal.security import signed_in

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@signed_in
def document() -> Response:
    """Answer the OpenAPI 3.1 document."""
    return jsonify(describe())


def describe() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of this application's routes."""
    spec.app = current_app
    document = dict(spec.spec)
    for operations in document["paths"].values():
        answers = operations.get("get", {}).get("responses", {})
        if "content" in answers.get("200", {}):
            answers["200"]["headers"] = {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}}
            answers["304"] = {"description": "Not modified: it is the answer that If-None-Match names."}
    return document
