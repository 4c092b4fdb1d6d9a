"""Parameters and answers of the API, declared as pydantic models: spectree checks both and describes them in OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NoReturn

from flask import g
from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator
from pydantic.alias_generators import to_camel
from spectree import Response, SecurityScheme, SpecTree
from spectree.models import InType, SecureType, SecuritySchemeData

from portal.api.v1.problems import worded

View = Callable[..., Any]


class Camel(BaseModel):
    """Base of what the API sends: snake_case in Python, camelCase on the wire (``model_dump(by_alias=True)``)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Query(BaseModel):
    """Parameters that every GET takes. Subclasses add their own in snake_case; the API's names are camelCase.

    An unknown parameter is refused: a misspelt filter that is silently ignored gives a wrong figure.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    hospital_id: list[str] = Field(default=[], description="Narrows to these of the user's hospitals; may be repeated.")
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$", description="ISO 4217 code.")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given

    @field_validator("hospital_id", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class PageQuery(Query):
    """Parameters of a list."""

    page: int = Field(default=1, ge=1, le=1_000_000, description="Counts from 1.")
    limit: int = Field(default=50, ge=1, le=500, description="Rows per page.")


class RepeatableHeaders(BaseModel):
    """Headers of a request that can be sent again."""

    model_config = ConfigDict(frozen=True)
    idempotency_key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Printable characters without blanks. The same request with the same key is done once.",
    )


class Meta(Camel):
    """The build behind the data; why it is stale and since when, if it is. ``filters`` repeats what was asked for."""

    model_config = ConfigDict(extra="allow")
    build_id: int | None
    business_date: str | None
    data_as_of: str | None
    stale: bool
    stale_reason: str | None
    currency: str | None
    filters: dict[str, Any]


class Page(Camel):
    """Which part of a list this is."""

    page: int
    limit: int
    total: int
    total_pages: int


class Problem(Camel):
    """What is wrong: ``fields`` maps parameters to their problem."""

    code: str
    message: str
    fields: dict[str, str]


class Failure(BaseModel):
    """The envelope of an error."""

    success: Literal[False]
    error: Problem


class InvalidParametersError(Exception):
    """Parameters are missing or wrong; ``fields`` maps their names to what is wrong."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in fields.items()))
        self.fields = fields


def operation(
    data: Any = None, paged: bool = False, status: int = 200, failures: tuple[int, ...] = ()
) -> Callable[[View], View]:
    """Check a view's parameters before it runs and describe it; its docstring becomes the reference's text.

    The view takes ``query: SomeQuery`` and ``json: SomeModel`` for a body: the annotation says what is checked. A view
    that takes no ``query`` has the parameters of ``Query``.

    Args:
        data: type of the envelope's ``data``: a model, ``list[Model]``; None for a file.
        paged: whether the envelope has ``pagination``.
        status: of the successful answer.
        failures: further answers beside those that every operation may give.
    """
    answers: dict[str, Any] = {f"HTTP_{code}": Failure for code in (400, 401, 403, 404, 429, 503, *failures)}
    if data is not None:
        answers[f"HTTP_{status}"] = _envelope(data, paged)
    validate: Callable[[View], View] = spec.validate(query=Query, resp=Response(**answers))
    return validate


def _envelope(data: Any, paged: bool) -> type[BaseModel]:
    inner = getattr(data, "__args__", (data,))[0]
    name = f"{getattr(inner, '__name__', 'Data')}{'List' if inner is not data else ''}Answer"
    pages: dict[str, Any] = {"pagination": (Page, ...)} if paged else {}
    return create_model(name, success=(Literal[True], ...), data=(data, ...), meta=(Meta, ...), **pages)


def _before(request: Any, _: Any, error: Any, __: Any, ___: Any) -> None:
    if error is not None:
        _refuse(error)
    if (query := request.context.query) is not None:
        g.api_filters = query.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"page", "limit"})


def _after(_: Any, __: Any, error: Any, ___: Any, ____: Any) -> None:
    if error is not None:
        raise TypeError("An answer of the API does not have the shape that it declares.") from error


def _refuse(error: Any) -> NoReturn:
    unknown = "is no parameter of this endpoint"
    raise InvalidParametersError(
        {str(one["loc"][0]) if one["loc"] else "(body)": worded(one, unknown) for one in error.errors()}
    ) from None


_bearer = SecuritySchemeData(
    type=SecureType.HTTP,
    scheme="bearer",
    description="Made on the page Account, or by flask --app portal tokens create.",
)
_cookie = SecuritySchemeData(
    type=SecureType.API_KEY,
    name="daybook_session",
    field_in=InType.COOKIE,
    description="In production __Host-daybook_session.",
)
_security: Any = [{"token": []}, {"session": []}]
spec = SpecTree(
    "flask",
    mode="strict",
    annotations=True,
    title="Daybook",
    version="1",
    before=_before,
    after=_after,
    validation_error_status=400,
    validation_error_model=Failure,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _, child: child,
    security_schemes=[SecurityScheme(name="token", data=_bearer), SecurityScheme(name="session", data=_cookie)],
    security=_security,
)
