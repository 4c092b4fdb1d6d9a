"""Forms of pages: the API's bodies read from what a person filled in, with what is wrong shown beside each field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from portal.api.v1.problems import worded
from portal.security import proof

Model = TypeVar("Model", bound=BaseModel)
_OURS = ("csrf_token", "key", "back", proof.FIELD)


@dataclass
class Form(Generic[Model]):
    """What was filled in: ``values`` as typed, by field; ``body`` if all of it can be used; ``errors`` what cannot."""

    values: dict[str, str]
    body: Model | None = None
    errors: dict[str, str] = field(default_factory=dict)


def read_form(model: type[Model]) -> Form[Model]:
    """Read the fields of ``model`` from the form of this request; an empty one was not filled in."""
    values = {name: value for name, value in request.form.to_dict().items() if name not in _OURS}
    try:
        return Form(values, model.model_validate({name: value for name, value in values.items() if value.strip()}))
    except ValidationError as error:
        problems = {str(one["loc"][0]): worded(one, "is no field of this form") for one in error.errors()}
        return Form(values, errors=problems)
