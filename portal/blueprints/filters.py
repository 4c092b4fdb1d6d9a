"""Filters of a page: the API's parameters read from the address, with what is wrong shown beside each field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request, url_for
from flask_security import current_user
from pydantic import ValidationError

from portal import builds, hospitals
from portal.api.v1.asked import Reach
from portal.api.v1.problems import worded
from portal.api.v1.schema import Query
from portal.navigation import asked
from portal.queries import scope

Model = TypeVar("Model", bound=Query)
FORMATS = ("csv", "xlsx", "pdf")
_NONE = {"department": "Unattributed", "provider": "Unattributed", "payer": "None named (patient)"}


@dataclass(frozen=True)
class Scope:
    """What the hospital and currency filters of a page offer."""

    all_hospitals: list[tuple[str, str]]
    currencies: tuple[str, ...]

    @property
    def currency_options(self) -> list[tuple[str, str]]:
        """Value and label of each currency."""
        return [(currency, currency) for currency in self.currencies]


@dataclass
class Filters(Generic[Model]):
    """What the address asks for. ``query`` holds what could be read, ``errors`` what is wrong, by parameter."""

    query: Model
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """HTTP status of the page."""
        return 400 if self.errors else 200


def read(model: type[Model]) -> Filters[Model]:
    """Read the request's parameters; a wrong one is left out of ``query`` and named in ``errors``."""
    given: dict[str, Any] = {name: value for name, value in request.args.to_dict().items() if value != ""}
    if "hospitalId" in given:
        given["hospitalId"] = [name for name in request.args.getlist("hospitalId") if name]
    try:
        return Filters(model.model_validate(given))
    except ValidationError as error:
        errors = {str(one["loc"][0]): worded(one, "is no filter of this page") for one in error.errors()}
        kept = {name: value for name, value in given.items() if name not in errors}
        return Filters(model.model_validate(kept), errors)


def link(endpoint: str, **changes: object) -> str:
    """Return the address of another view with the filters of this page, some of them changed; None removes one."""
    parameters = asked() | (request.view_args or {}) | changes
    return url_for(endpoint, **{name: value for name, value in parameters.items() if value not in (None, [""])})


def frame(here: Reach) -> dict[str, Any]:
    """Return what every report page shows besides its figures."""
    return {
        "scope": Scope(list(hospitals.names().items()), here.currencies),
        "build": builds.live_build(),
        "may_export": "exports:create" in current_user.permissions,
        "may_see_patients": "patients:read" in current_user.permissions,
    }


def options(here: Reach, dimension: scope.Dimension) -> list[tuple[str, str]]:
    """Return id and label of what a filter offers; ids that several hospitals use stand once, with every name."""
    labels: dict[str, list[str]] = {}
    for choice in scope.choices(here.marts, dimension):
        labels.setdefault(choice.id, []).append(choice.name)
    named = [(key, " / ".join(dict.fromkeys(names))) for key, names in labels.items()]
    return [*named, (scope.UNATTRIBUTED, _NONE[dimension])]
