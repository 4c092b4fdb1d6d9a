"""Definitions of the figures."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from portal import builds
from portal.api.v1.envelope import ok
from portal.api.v1.schema import Camel, operation
from portal.queries.metrics import definitions
from portal.security import requires

blueprint = Blueprint("metrics", __name__)


class Metric(Camel):
    """What a figure is and what it leaves out."""

    metric: str
    label: str
    formula: str
    unit: str
    exclusions: str | None
    model: str


@blueprint.get("/metrics")
@requires("definitions:read")
@operation(list[Metric])
def metrics() -> Response:
    """Label, formula, unit and exclusions of every figure, as published with the live build."""
    found = definitions(builds.marts())
    return ok([Metric(**asdict(item)).model_dump(by_alias=True) for item in found])
