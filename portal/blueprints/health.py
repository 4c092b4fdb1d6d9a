"""Whether the process answers, for load balancers: no detail, no database."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from portal.security import public, unrecorded

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
@unrecorded
def healthz() -> Response:
    """Say that the portal runs."""
    return jsonify(status="ok")
