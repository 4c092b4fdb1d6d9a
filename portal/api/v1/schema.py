"""Parameters of the API: declared as a pydantic model, checked before the view runs, described in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

Model = TypeVar("Model", bound="Query")
View = Callable[..., Any]


class Query(BaseModel):
    """Parameters that every GET takes. Subclasses add their own in snake_case; the API's names are camelCase.

    An unknown parameter is refused: a misspelt filter that is silently ignored gives a wrong figure.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    hospital_id: list[str] = Field(default=[], description="Narrows to these of the user's hospitals; may be repeated.")
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$", description="ISO 4217 code.")


class PageQuery(Query):
    """Parameters of a list."""

    page: int = Field(default=1, ge=1, le=1_000_000, description="Counts from 1.")
    limit: int = Field(default=50, ge=1, le=500, description="Rows per page.")


class InvalidParametersError(Exception):
    """Parameters are missing or wrong; ``fields`` maps their names to what is wrong."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in fields.items()))
        self.fields = fields


def operation(
    summary: str, data: Any = None, query: type[Query] = Query, paged: bool = False, status: int = 200
) -> Callable[[View], View]:
    """Describe a view and check its query parameters: the view is called with ``query=`` an instance of the model.

    Args:
        summary: one line for the reference.
        data: type of the envelope's ``data`` (a pydantic model, ``list[...]`` of one, ...); None for a file.
        query: model of the query parameters.
        paged: whether the envelope has ``pagination``.
        status: of the successful answer.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            return view(*args, query=parse(query), **kwargs)

        checked.operation = {  # type: ignore[attr-defined]
            "summary": summary, "data": data, "query": query, "paged": paged, "status": status,
        }  # fmt: skip
        return checked

    return declare


def parse(model: type[Model]) -> Model:
    """Read the request's query parameters.

    Raises:
        InvalidParametersError: naming each parameter that is missing, unknown, given twice or wrong.
    """
    lists = {to_camel(name) for name, field in model.model_fields.items() if "list" in str(field.annotation)}
    given = {name: values for name, values in request.args.lists()}
    twice = {name: "given more than once" for name, values in given.items() if len(values) > 1 and name not in lists}
    if twice:
        raise InvalidParametersError(twice)
    try:
        found = model.model_validate({n: v if n in lists else v[0] for n, v in given.items() if n in lists or v[0] != ""})
    except ValidationError as error:
        raise InvalidParametersError(_problems(error)) from None
    g.api_filters = found.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"page", "limit"})
    return found


def _problems(error: ValidationError) -> dict[str, str]:
    plain = {"missing": "is required", "extra_forbidden": "is no parameter of this endpoint"}
    return {
        str(problem["loc"][0]) if problem["loc"] else "(query)": plain.get(problem["type"], problem["msg"])
        for problem in error.errors()
    }
