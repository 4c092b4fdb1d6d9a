"""Every endpoint keeps what the OpenAPI document says of it, whatever is sent and whoever sends it.

``scripts/contract --examples N --seed S`` sends more than the suite does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.permissions import ROLE_PERMISSIONS
from tests.portal.contract.conftest import Portal

EXAMPLES = int(os.environ.get("DAYBOOK_TEST_CONTRACT_EXAMPLES", "6"))
SEED = int(os.environ.get("DAYBOOK_TEST_CONTRACT_SEED", "0"))
KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What there is in the world: by chance alone, hardly anything is found.
KNOWN: dict[str, Any] = {
    "hospitalId": ["H1"], "currency": "USD", "startDate": "2026-01-01", "endDate": "2026-03-31", "asOfDate": "2026-02-28",
    "knownAt": "2026-03-01", "providerId": "D1", "departmentId": "CARD", "patientId": "P01", "invoiceId": "I11", "q": "P01",
    "reportType": "credits", "run_id": 1, "number": 1, "patient_id": "P01", "format": "csv",
}  # fmt: skip
LOG = {"providerId": "D1", "rows": [{"caseDate": "2026-03-12", "patientTicket": "T4", "cptCodes": ["D0010"]}]}
BODY = {"invoiceId": "I11", "amount": "1.00", "reason": "test", "category": "OTHER", "notes": "as agreed"}

_USUAL: dict[str, Any] = {"/api/v1/billing-audit/case-logs": LOG, "/api/v1/reports/patients/search": {"q": "P01"}}


@pytest.fixture(scope="module")
def operations(portal: Portal) -> list[APIOperation]:
    """Every operation of the document that the portal answers."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", portal.app, headers=_headers(portal, "viewer"))
    found = [operation.ok() for operation in schema.get_all_operations()]
    assert len(found) >= 35
    return found


def test_what_is_usual_is_answered(portal: Portal, operations: list[APIOperation]) -> None:
    # First of all, while no run waits. Who asks for a write-off may not decide it, and what is not approved is not taken back.
    refused = {"approve": 403, "reject": 403, "reverse": 409}
    for operation in sorted(operations, key=lambda each: ("post", "get", "patch").index(each.method)):
        case = _usual(operation)
        answer = case.call(headers=_headers(portal, "super_admin"))
        case.validate_response(answer, checks=KEPT)
        expected = refused.get(operation.path.rsplit("/", 1)[-1])
        assert answer.status_code in ((expected,) if expected else (200, 201, 202)), (operation.label, answer.text)


@pytest.mark.parametrize("role", [*ROLE_PERMISSIONS, "anonymous"])
def test_whatever_is_sent_the_answer_is_one_that_the_document_describes(
    portal: Portal, operations: list[APIOperation], role: str
) -> None:
    granted = set(ROLE_PERMISSIONS.get(role, ()))
    problems: list[str] = []
    for operation in operations:
        may = role != "anonymous" and granted.issuperset(operation.definition.raw["x-permissions"])
        for mode, examples in ((GenerationMode.POSITIVE, EXAMPLES), (GenerationMode.NEGATIVE, EXAMPLES // 2)):
            problems += _problems(operation, _headers(portal, role), mode, examples if may else 1)
    assert not problems, f"seed {SEED}, {EXAMPLES} examples\n\n" + "\n\n".join(problems)


def test_other_methods_are_refused_by_name(portal: Portal, operations: list[APIOperation]) -> None:
    client = portal.app.test_client()
    paths: dict[str, set[str]] = {}
    for operation in operations:
        path = operation.path.replace("{run_id}", "1").replace("{number}", "1").replace("{format}", "csv")
        paths.setdefault(path.replace("{patient_id}", "P01"), set()).add(operation.method.upper())
    for path, methods in paths.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            answer = client.open(path, method=method, headers=_headers(portal, "super_admin"))
            assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed"), (method, path)
            assert methods <= set(answer.headers["Allow"].split(", ")), (method, path)


def _headers(portal: Portal, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {portal.tokens[role]}"} if role in portal.tokens else {}


def _problems(operation: APIOperation, headers: dict[str, str], mode: GenerationMode, examples: int) -> Iterator[str]:
    @seed(SEED)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def send(case: Case, data: st.DataObject) -> None:
        checks = KEPT
        if mode is GenerationMode.NEGATIVE:
            checks = [*KEPT, negative_data_rejection]
        elif data.draw(st.booleans()):
            _make_known(case)
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=checks)
        if answer.status_code == 400:
            _assert_named(case, answer.json()["error"]["fields"])

    try:
        send()
    except (Exception, FailureGroup) as error:  # noqa: BLE001  whatever it is, the other operations are tried too
        yield f"{operation.label} ({mode.value}): {error!r} {getattr(error, 'exceptions', '')}"


def _assert_named(case: Case, fields: dict[str, str]) -> None:
    declared = {parameter["name"] for parameter in case.operation.definition.raw["parameters"]} | {"(body)"}
    bodies = case.body if isinstance(case.body, dict) else {}
    assert fields, "400 without the name of a parameter"
    known = BODY.keys() | LOG.keys() | {"sourceName", "file", "dateOrder", "coveredFrom"}
    assert fields.keys() <= declared | known | bodies.keys() | (case.query or {}).keys(), fields


def _make_known(case: Case) -> None:
    case.query = {name: KNOWN.get(name, value) for name, value in (case.query or {}).items()}
    case.path_parameters = {name: KNOWN.get(name, value) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, dict):
        case.body = {name: BODY.get(name, value) for name, value in case.body.items()}


def _usual(operation: APIOperation) -> Case:
    """Return the request with the required parameters, the currency, and a usual body."""
    raw = operation.definition.raw
    wanted = [item for item in raw["parameters"] if item["required"] or item["name"] in ("currency", "hospitalId")]
    places = {
        place: {item["name"]: KNOWN[item["name"]] for item in wanted if item["in"] == place}
        for place in ("path", "query")
    }
    body: dict[str, Any] = {}
    if "requestBody" in raw:
        body = {
            "body": _USUAL.get(operation.path, BODY) if operation.method == "post" else {"notes": "as agreed"},
            "media_type": "application/json",
        }
    return operation.Case(path_parameters=places["path"], query=places["query"], **body)
