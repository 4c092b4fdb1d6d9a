"""Every public function of portal.queries is proven by a test on known data, which calls it."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

from portal.queries import scope, write_offs
from portal.queries.figures import kinds
from tests.architecture.project import files, text
from tests.portal.queries.calls import called
from tests.portal.queries.proofs import PROOFS, proven_by

_QUERIES = Path("portal/queries")


def _public() -> set[str]:
    found = set()
    for path in files(".py"):
        if path.is_relative_to(_QUERIES):
            module = ".".join(path.relative_to(_QUERIES).with_suffix("").parts)
            functions = (node for node in _tree(path).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{module}.{node.name}" for node in functions if not node.name.startswith("_")}
    return found


def _tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def _proofs() -> list[tuple[str, str, str]]:
    return [(name, file, test) for file, proofs in PROOFS.items() for name, test in proofs.items()]


def test_every_public_query_has_its_proof():
    named = [name for name, _, _ in _proofs()]
    public = _public()
    assert len(public) > 150
    assert sorted(public - set(named)) == [], (
        "write a test of it on known data and name it in tests/portal/queries/proofs.py"
    )
    assert sorted(set(named) - public) == []
    assert len(named) == len(set(named)), "one test is enough"


def test_every_proof_is_a_test_that_asserts():
    for name, file, test in _proofs():
        function, _, parameters = test.partition("[")
        tests = {
            node.name: node for node in _tree(Path("tests/portal") / file).body if isinstance(node, ast.FunctionDef)
        }
        assert function.startswith("test_") and function in tests, f"{name}: {file}::{test}"
        assert any(isinstance(node, ast.Assert) for node in ast.walk(tests[function])), (
            f"{name}: {test} asserts nothing"
        )
        # Parameters are named after what stands in the module.
        first = parameters.removesuffix("]").partition(" ")[0]
        assert not first or f'"{first}"' in text(Path("tests/portal") / file), f"{name}: {file}::{test}"


def test_a_proof_is_found_by_its_test_whatever_its_parameters():
    name, file, test = _proofs()[0]
    assert name in proven_by(f"tests/portal/{file}::{test}") & proven_by(f"tests/portal/{file}::{test}[a-b::c]")
    assert not proven_by(f"tests/portal/{file}::test_of_something_else")
    assert not proven_by("tests/unit/portal/test_matching.py::test_x")


def test_what_is_called_is_noted_and_nothing_else():
    condition = kinds.equals("a", "b")
    with called() as found:
        assert scope.exists(None, "payer", scope.UNATTRIBUTED)  # type: ignore[arg-type]
        assert condition("c") == "a = :b"
    assert found == {"scope.exists", "figures.kinds.equals"}
    write_offs.added([])
    assert "write_offs.added" not in found
    with called() as found:
        assert write_offs.added([]) == (Decimal(0), 0)
    assert "write_offs.added" in found
