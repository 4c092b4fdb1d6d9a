"""The API's description, generated from its code."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from portal.api.v1.schema import spec
from portal.security import signed_in

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@signed_in
def document() -> Response:
    """Answer the OpenAPI 3.1 document."""
    spec.app = current_app
    return jsonify(spec.spec)
