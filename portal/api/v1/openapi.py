"""The API's description, generated from its code."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify

from portal.api.v1.schema import spec
from portal.exports.document import MEDIA_TYPES
from portal.security import demands, signed_in

blueprint = Blueprint("openapi", __name__)
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_ETAG = {"ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}}}
_UNCHANGED = {"description": "Not modified: it is the answer that If-None-Match names.", "headers": _ETAG}
_FILE = {"Content-Disposition": {"description": "attachment, with the file's name.", "schema": {"type": "string"}}}
_TEXT: dict[str, Any] = {"type": "string"}
_BINARY: dict[str, Any] = {}  # what is no text has no schema in OpenAPI 3.1


@blueprint.get("/openapi.json")
@signed_in
def document() -> Response:
    """Answer the OpenAPI 3.1 document."""
    return jsonify(describe())


def describe() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of this application's routes.

    ``x-permissions`` of an operation are those that it wants, all of them; none where it is enough to be signed in.
    """
    spec.app = current_app
    found: dict[str, Any] = deepcopy(spec.spec)
    wanted = _wanted(current_app)
    for path, operations in found["paths"].items():
        for method, about in operations.items():
            about["x-permissions"] = [name for name in wanted[method, path] if ":" in name]
            about["parameters"] = [_plain(parameter) for parameter in about["parameters"]]
            _complete(method, about)
    return found


def _wanted(app: Flask) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (method.lower(), _CONVERTER.sub(r"{\1}", rule.rule)): demands(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _plain(parameter: dict[str, Any]) -> dict[str, Any]:
    # Nothing in an address is null: a parameter that is not meant is left out, or is empty as in a form that nobody filled in.
    schema = {name: value for name, value in parameter["schema"].items() if name not in ("title", "description")}
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema |= kinds[0]
    elif kinds:
        schema["anyOf"] = kinds
    if schema.get("default", ...) in (None, []):
        del schema["default"]
    if parameter["in"] == "path" and parameter["name"] == "format":
        schema["enum"] = list(MEDIA_TYPES)
    single = parameter["in"] == "query" and schema.get("type") != "array"
    empty = {"allowEmptyValue": True} if single and not parameter["required"] else {}
    return parameter | {"schema": schema} | empty


def _complete(method: str, about: dict[str, Any]) -> None:
    answers = about["responses"]
    if method == "get" and "content" not in answers.get("200", {}):
        content = {kind: {"schema": _TEXT if name == "csv" else _BINARY} for name, kind in MEDIA_TYPES.items()}
        answers["200"] = {"description": "The file.", "content": content, "headers": _FILE}
    elif method == "get":
        answers["200"]["headers"] = _ETAG
        answers["304"] = _UNCHANGED
    answers["429"]["headers"] = answers["503"]["headers"] = _RETRY
    about["responses"] = dict(sorted(answers.items()))
