"""Write the section "Endpoints" of docs/API.md from the code of the API.

It says what the OpenAPI document of ``/api/v1/openapi.json`` says: no database and no settings are needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click
from flask import Flask

from portal.api.v1 import blueprint
from portal.api.v1.openapi import describe
from warehouse.settings import ROOT

PAGE = ROOT / "docs" / "API.md"
_SECTION = re.compile(r"(?<=^## Endpoints\n).*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_EVERYWHERE = ("hospitalId", "currency")
_KINDS = {"date": "date", "date-time": "time"}
Schema = dict[str, Any]


def description() -> dict[str, Any]:
    """Return the OpenAPI document of the API alone."""
    app = Flask("portal")
    app.register_blueprint(blueprint)
    with app.app_context():
        return describe()


def page(text: str, document: dict[str, Any]) -> str:
    """Return ``text``, a page with a section "Endpoints", with that section written anew."""
    written = "\n" + "\n".join(_lines(document)) + "\n"
    return _SECTION.sub(lambda old: written + ("\n" if old.end() < len(text) else ""), text)


def _lines(document: dict[str, Any]) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    yield "Permissions are all wanted; `hospitalId` and `currency`, which every one takes, are not repeated."
    for path, operations in sorted(document["paths"].items()):
        for method, about in operations.items():
            yield from ("", f"### `{method.upper()} {path.removeprefix('/api/v1')}`", "")
            yield " ".join(part for part in (about["summary"], about["description"]) if part)
            yield ""
            yield f"Permission: {_codes(about['x-permissions']) or 'none but to be signed in'}."
            yield from _parameters([item for item in about["parameters"] if item["name"] not in _EVERYWHERE])
            yield from _body(about, schemas)
            yield from _answers(about["responses"], schemas)


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield from ("", "| Parameter | In | Type | Default | What |", "|---|---|---|---|---|")
    for item in parameters:
        schema = item["schema"]
        default = "required" if item["required"] else f"`{schema['default']}`" if "default" in schema else ""
        yield f"| `{item['name']}` | {item['in']} | {_cell(_kind(schema))} | {default} | {_cell(item['description'])} |"


def _body(about: dict[str, Any], schemas: Schema) -> Iterator[str]:
    if "requestBody" not in about:
        return
    for kind, content in sorted(about["requestBody"]["content"].items()):
        title = "body" if kind == "application/json" else f"form (`{kind}`)"
        yield from ("", f"| Field of the {title} | Type | Required | What |", "|---|---|---|---|")
        yield from _fields(_resolved(content["schema"], schemas), schemas)


def _fields(body: Schema, schemas: Schema, prefix: str = "") -> Iterator[str]:
    required = body.get("required", [])
    for name, schema in body["properties"].items():
        what = schema.get("description", "")
        parts = _resolved(schema.get("items", {}), schemas)
        kind = "list of objects" if "properties" in parts else _kind(schema)
        yield f"| `{prefix}{name}` | {_cell(kind)} | {'yes' if name in required else 'no'} | {_cell(what)} |"
        if "properties" in parts:
            yield from _fields(parts, schemas, f"{prefix}{name}[].")


def _answers(answers: Schema, schemas: Schema) -> Iterator[str]:
    for status, answer in answers.items():
        content = answer.get("content", {})
        if not status.startswith("2"):
            continue
        if "application/json" not in content:
            yield from ("", f"Answers {status} with a file: {_codes(list(content))}.")
            continue
        envelope = _resolved(content["application/json"]["schema"], schemas)["properties"]
        paged = ", beside `pagination`" if "pagination" in envelope else ""
        yield from ("", f"Answers {status}; `data`{paged}:", "", "```text")
        yield from _tree("data", envelope["data"], schemas, "")
        yield "```"
    yield from ("", f"Otherwise {', '.join(status for status in answers if not status.startswith('2'))}.")


def _tree(name: str, schema: Schema, schemas: Schema, indent: str) -> Iterator[str]:
    optional, inner = _not_null(schema)
    inner = _resolved(inner, schemas)
    many = inner.get("type") == "array"
    item = _resolved(inner["items"], schemas) if many else inner
    label = f"{indent}{name}{'[]' if many else ''}"
    if "properties" not in item:
        yield f"{label}: {_kind(item)}{' or null' if optional else ''}"
        return
    yield f"{label}:{' or null' if optional else ''}"
    for field, kind in item["properties"].items():
        yield from _tree(field, kind, schemas, indent + "  ")


def _kind(schema: Schema) -> str:
    optional, schema = _not_null(schema)
    if optional:
        return f"{_kind(schema)} or null"
    if "enum" in schema:
        return " | ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(kind) for kind in schema["anyOf"])
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}, may be repeated"
    kind = _KINDS.get(schema.get("format", ""), schema.get("type", "any"))
    limits = [f"{schema[name]}" for name in ("minimum", "maximum") if name in schema]
    length = f", at most {schema['maxLength']} characters" if "maxLength" in schema else ""
    return f"{kind}{' ' + ' to '.join(limits) if limits else ''}{length}"


def _not_null(schema: Schema) -> tuple[bool, Schema]:
    kinds = schema.get("anyOf", [])
    others = [kind for kind in kinds if kind != {"type": "null"}]
    if len(others) == len(kinds):
        return False, schema
    return True, others[0] if len(others) == 1 else {"anyOf": others}


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if the page is not what the code says.")
def main(check: bool) -> None:
    """Write the page, or compare it."""
    before = PAGE.read_text(encoding="utf-8")
    after = page(before, description())
    if check and before != after:
        raise click.ClickException("docs/API.md is not what the API's code says. Run scripts/api_reference.")
    if before != after:
        PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
