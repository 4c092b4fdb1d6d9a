"""Version 1 of the API: one module per resource, each with its own routes."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint

from portal.api.v1.bodies import check_body
from portal.api.v1.conditional import conditional

RESOURCES = (
    "me", "freshness", "metrics", "etl", "openapi", "revenue", "patients", "outstanding", "aging", "breakdowns",
    "collection_rate", "tax_summary", "cash_receipts", "roll_forward", "credits", "kpis", "write_offs",
    "export", "comparisons", "workload", "compensation", "insights", "forecast", "exports", "billing_audit", "disputes",
)  # fmt: skip

blueprint = Blueprint("api_v1", __name__, url_prefix="/api/v1")
blueprint.before_request(check_body)  # after the application's own: who is asking comes first
blueprint.after_request(conditional)  # before the application's own: the record of the access says what was sent

for _name in RESOURCES:
    if find_spec(f"portal.api.v1.{_name}"):
        blueprint.register_blueprint(import_module(f"portal.api.v1.{_name}").blueprint)
