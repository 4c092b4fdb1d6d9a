"""The portal: pages and API over the published build. ``create_app`` is wiring only."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import builds, cli, config, errors, formatting, navigation
from portal.security import setup

# Every module here offers ``blueprint``; one per page group. A route without a declared permission is refused.
BLUEPRINTS = (
    "portal.blueprints.health",
    "portal.blueprints.home",
    "portal.blueprints.etl_runs",
    "portal.blueprints.reference",
    "portal.blueprints.revenue",
    "portal.blueprints.patients",
    "portal.blueprints.outstanding",
    "portal.api.v1",
)


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Build the portal.

    Args:
        overrides: configuration that wins over the environment's.

    Raises:
        warehouse.settings.SettingsError: in production, when a secret is missing.
    """
    app = Flask(__name__)
    app.config.from_mapping(config.load(overrides))
    if hops := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in (setup, builds, formatting, navigation, errors, cli):
        part.init_app(app)
    for name in filter(find_spec, BLUEPRINTS):
        app.register_blueprint(import_module(name).blueprint)
    return app
