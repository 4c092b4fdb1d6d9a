"""The portal: pages and API over the published build. ``create_app`` is wiring only."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask
from flask.cli import NoAppException
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import builds, cli, config, errors, formatting, hospitals, navigation
from portal.security import setup
from warehouse.settings import SettingsError

# Every module here offers ``blueprint``; one per page group. A route without a declared permission is refused.
BLUEPRINTS = (
    "portal.blueprints.health",
    "portal.blueprints.home",
    "portal.blueprints.account",
    "portal.blueprints.tokens",
    "portal.blueprints.saved_views",
    "portal.blueprints.etl_runs",
    "portal.blueprints.quarantine",
    "portal.blueprints.gates",
    "portal.blueprints.audit_log",
    "portal.blueprints.usage",
    "portal.blueprints.user_admin",
    "portal.blueprints.reference",
    "portal.blueprints.revenue",
    "portal.blueprints.contacts",
    "portal.blueprints.patients",
    "portal.blueprints.outstanding",
    "portal.blueprints.follow_ups",
    "portal.blueprints.statements",
    "portal.blueprints.write_offs",
    "portal.blueprints.write_off_batches",
    "portal.blueprints.write_off_reconciliation",
    "portal.blueprints.financial_reports",
    "portal.blueprints.figures",
    "portal.blueprints.accounting",
    "portal.blueprints.collections",
    "portal.blueprints.tax",
    "portal.blueprints.insights",
    "portal.blueprints.compensation",
    "portal.blueprints.patient_statements",
    "portal.blueprints.forecast",
    "portal.blueprints.billing_audit",
    "portal.blueprints.case_logs",
    "portal.blueprints.case_decisions",
    "portal.blueprints.exports",
    "portal.blueprints.export_orders",
    "portal.blueprints.case_disputes",
    "portal.blueprints.filing_limits",
    "portal.api.v1",
)


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Build the portal.

    Args:
        overrides: configuration that wins over the environment's.

    Raises:
        flask.cli.NoAppException: when a setting is missing or unusable; the message says which.
    """
    app = Flask(__name__)
    try:
        app.config.from_mapping(config.load(overrides))
    except SettingsError as error:
        raise NoAppException(str(error)) from error  # which ``flask`` prints as a sentence
    if hops := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in (setup, builds, formatting, navigation, hospitals, errors, cli):
        part.init_app(app)
    for name in filter(find_spec, BLUEPRINTS):
        app.register_blueprint(import_module(name).blueprint)
    return app
